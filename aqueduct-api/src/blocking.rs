//! Adaptors for tasks that block: each gets a thread of its own.
