//! Java behaviours that need a home of their own: regular expressions, number texts, the serialized offset file
