//! Decides what runs where
