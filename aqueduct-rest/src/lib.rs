//! HTTP in, herder commands out
