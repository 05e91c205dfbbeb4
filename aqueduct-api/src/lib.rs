//! What the author of a connector, transform or converter needs, and nothing else
