//! Long strings and bytes go through their converters without being copied.

use aqueduct_api::{Factory, PluginKind};
use aqueduct_converters::plugins;
use aqueduct_data::Value;

#[test]
fn long_strings_and_bytes_are_not_copied() {
    let plugins = plugins();
    for class in
        ["org.apache.kafka.connect.storage.StringConverter", "org.apache.kafka.connect.converters.ByteArrayConverter"]
    {
        let plugin =
            plugins.iter().find(|plugin| plugin.class == class && plugin.kind() == PluginKind::Converter).unwrap();
        let Factory::Converter { configure, .. } = &plugin.factory else { panic!("{plugin:?}") };
        let mut converter = configure(&Default::default(), false).unwrap();
        let bytes = aqueduct_data::Bytes::from(b"a line that is longer than what is held in place".to_vec());
        let read = converter.to_connect_data("t", &Vec::new(), Some(bytes.clone())).unwrap();
        let written = converter.from_connect_data("t", &mut Vec::new(), &read).unwrap().unwrap();
        assert_eq!(written.as_ptr(), bytes.as_ptr(), "{class}");
        let owned = converter.from_owned_connect_data("t", &mut Vec::new(), &mut read.clone()).unwrap().unwrap();
        assert_eq!(owned.as_ptr(), bytes.as_ptr(), "{class}");
        assert!(matches!(read.value, Value::String(_) | Value::Bytes(_)));
    }
}
