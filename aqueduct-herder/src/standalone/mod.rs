//! The standalone herder: one process, no group, connectors from files and over REST.
