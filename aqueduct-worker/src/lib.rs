//! Runs the connectors and tasks that it is told to run; knows no cluster and no HTTP
