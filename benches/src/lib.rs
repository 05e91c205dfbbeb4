//! Micro benchmarks: what a record costs in the pipeline, without Kafka and without files.
//!
//! `cargo run --release -p aqueduct-benches --example pipeline` prints nanoseconds per record.

use std::time::{Duration, Instant};

use aqueduct_api::{ConfigMap, ConnectError, Factory, PluginKind, Predicate, Transform};
use aqueduct_pipeline::{
    Converters, ErrorOperator, ErrorPolicy, Link, NamedConverter, NamedHeaderConverter, Pause, TransformChain,
};
use aqueduct_plugins::Plugins;

/// The clock of a pipeline that never has to wait.
struct NoPause;

impl Pause for NoPause {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn pause(&self, _duration: Duration) -> bool {
        false
    }

    fn random(&self, _below: u64) -> u64 {
        0
    }
}

/// The plugins that are measured.
pub fn plugins() -> Plugins {
    let tables = [aqueduct_json::plugins(), aqueduct_converters::plugins(), aqueduct_transforms::plugins()];
    Plugins::new(tables.into_iter().flatten().collect())
}

fn config(pairs: &[(&str, &str)]) -> ConfigMap {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn failed(class: &str) -> ConnectError {
    ConnectError::connect(format!("{class} is not what was asked for"))
}

/// Converters of one class for keys and values.
///
/// # Errors
/// When there is no such converter, or it does not take the configuration.
pub fn converters(plugins: &Plugins, class: &str, props: &[(&str, &str)]) -> Result<Converters, ConnectError> {
    let find = |kind, class: &str| plugins.find(kind, class).map_err(|_| failed(class));
    let one = |is_key| {
        let Factory::Converter { configure, .. } = &find(PluginKind::Converter, class)?.factory else {
            return Err(failed(class));
        };
        Ok(NamedConverter { converter: configure(&config(props), is_key)?, class: class.to_owned() })
    };
    let header = "org.apache.kafka.connect.storage.SimpleHeaderConverter";
    let Factory::HeaderConverter { configure, .. } = &find(PluginKind::HeaderConverter, header)?.factory else {
        return Err(failed(header));
    };
    let header = NamedHeaderConverter { converter: configure(&ConfigMap::new())?, class: header.to_owned() };
    Ok(Converters { key: one(true)?, value: one(false)?, header })
}

/// A chain of transforms without predicates.
///
/// # Errors
/// When there is no such transform, or it does not take its configuration.
pub fn chain(plugins: &Plugins, transforms: &[(&str, &[(&str, &str)])]) -> Result<TransformChain, ConnectError> {
    let links = transforms.iter().map(|(class, props)| {
        let plugin = plugins.find(PluginKind::Transformation, class).map_err(|_| failed(class))?;
        let Factory::Transformation { configure, .. } = &plugin.factory else {
            return Err(failed(class));
        };
        let transform: Box<dyn Transform> = configure(&config(props))?;
        let predicate: Option<(Box<dyn Predicate>, bool)> = None;
        Ok(Link { transform, class: (*class).to_owned(), predicate })
    });
    links.collect::<Result<_, _>>().map(TransformChain::new)
}

/// An operator that tolerates nothing.
pub fn operator() -> ErrorOperator {
    ErrorOperator::new("bench-0", ErrorPolicy::default(), Box::new(NoPause), Vec::new())
}
