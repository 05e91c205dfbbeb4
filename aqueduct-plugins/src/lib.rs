//! Class name or alias to factory, for every kind of plugin
