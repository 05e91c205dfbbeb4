//! Descriptors: what a plugin crate exports, and what the registry resolves class names to.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aqueduct_config::ConfigDef;

use crate::{
    ConfigMap, ConfigProvider, ConnectError, Converter, HeaderConverter, OverridePolicy, Predicate, SinkConnector,
    SinkTask, SourceConnector, SourceTask, Transform,
};

/// The kinds of plugins (`PluginType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say all that there is to say")]
pub enum PluginKind {
    Source,
    Sink,
    Converter,
    HeaderConverter,
    Transformation,
    Predicate,
    ConfigProvider,
    OverridePolicy,
}

impl PluginKind {
    /// The name in REST answers, such as `source` or `header_converter`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Sink => "sink",
            Self::Converter => "converter",
            Self::HeaderConverter => "header_converter",
            Self::Transformation => "transformation",
            Self::Predicate => "predicate",
            Self::ConfigProvider => "configprovider",
            Self::OverridePolicy => "connector_client_config_override_policy",
        }
    }

    /// What may be left off the end of a simple class name.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Source | Self::Sink => "Connector",
            Self::Converter => "Converter",
            Self::HeaderConverter => "HeaderConverter",
            Self::Transformation => "Transformation",
            Self::Predicate => "Predicate",
            Self::ConfigProvider => "ConfigProvider",
            Self::OverridePolicy => "ConnectorClientConfigOverridePolicy",
        }
    }
}

type Make<T> = Arc<dyn Fn() -> Box<T> + Send + Sync>;
type Configure<T> = Arc<dyn Fn(&ConfigMap) -> Result<Box<T>, ConnectError> + Send + Sync>;
type ConfigureConverter = Arc<dyn Fn(&ConfigMap, bool) -> Result<Box<dyn Converter>, ConnectError> + Send + Sync>;
type Define = Arc<dyn Fn() -> ConfigDef + Send + Sync>;

/// How to make instances of a plugin.
#[derive(Clone)]
pub enum Factory {
    /// A source connector and its tasks.
    Source {
        /// The Java name of the task class, as `task.class` in task configurations.
        task_class: Cow<'static, str>,
        /// Makes a connector.
        connector: Make<dyn SourceConnector>,
        /// Makes a task.
        task: Make<dyn SourceTask>,
    },
    /// A sink connector and its tasks.
    Sink {
        /// The Java name of the task class, as `task.class` in task configurations.
        task_class: Cow<'static, str>,
        /// Makes a connector.
        connector: Make<dyn SinkConnector>,
        /// Makes a task.
        task: Make<dyn SinkTask>,
    },
    /// A converter of keys and values. The flag says whether it is for keys.
    Converter {
        /// The configuration's definition.
        define: Define,
        /// Makes a configured converter.
        configure: ConfigureConverter,
    },
    /// A converter of headers.
    HeaderConverter {
        /// The configuration's definition.
        define: Define,
        /// Makes a configured converter.
        configure: Configure<dyn HeaderConverter>,
    },
    /// A single message transform.
    Transformation {
        /// The configuration's definition.
        define: Define,
        /// Makes a configured transform.
        configure: Configure<dyn Transform>,
    },
    /// A predicate.
    Predicate {
        /// The configuration's definition.
        define: Define,
        /// Makes a configured predicate.
        configure: Configure<dyn Predicate>,
    },
    /// A configuration provider.
    ConfigProvider {
        /// Makes a configured provider.
        configure: Configure<dyn ConfigProvider>,
    },
    /// A client override policy; it is given the worker's configuration.
    OverridePolicy {
        /// Makes a configured policy.
        configure: Configure<dyn OverridePolicy>,
    },
}

/// One plugin: its Java class name, which users write into configurations, its version, and how to make it.
#[derive(Clone)]
pub struct Plugin {
    /// The full class name; nested classes are written with a dollar sign, as `…InsertField$Value`.
    pub class: Cow<'static, str>,
    /// The version. Plugins that stand for Kafka's own answer Kafka's.
    pub version: Cow<'static, str>,
    /// How to make instances.
    pub factory: Factory,
}

impl Plugin {
    fn new(class: impl Into<Cow<'static, str>>, version: impl Into<Cow<'static, str>>, factory: Factory) -> Self {
        Self { class: class.into(), version: version.into(), factory }
    }

    /// A source connector; `task_class` is the class name that task configurations carry.
    pub fn source<C: SourceConnector + 'static, T: SourceTask + 'static>(
        class: impl Into<Cow<'static, str>>,
        task_class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        connector: impl Fn() -> C + Send + Sync + 'static,
        task: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        let factory = Factory::Source {
            task_class: task_class.into(),
            connector: Arc::new(move || Box::new(connector())),
            task: Arc::new(move || Box::new(task())),
        };
        Self::new(class, version, factory)
    }

    /// A sink connector; `task_class` is the class name that task configurations carry.
    pub fn sink<C: SinkConnector + 'static, T: SinkTask + 'static>(
        class: impl Into<Cow<'static, str>>,
        task_class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        connector: impl Fn() -> C + Send + Sync + 'static,
        task: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        let factory = Factory::Sink {
            task_class: task_class.into(),
            connector: Arc::new(move || Box::new(connector())),
            task: Arc::new(move || Box::new(task())),
        };
        Self::new(class, version, factory)
    }

    /// A converter of keys and values; `configure` is told whether it is for keys.
    pub fn converter<C: Converter + 'static>(
        class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        define: impl Fn() -> ConfigDef + Send + Sync + 'static,
        configure: impl Fn(&ConfigMap, bool) -> Result<C, ConnectError> + Send + Sync + 'static,
    ) -> Self {
        let factory = Factory::Converter {
            define: Arc::new(define),
            configure: Arc::new(move |props, is_key| Ok(Box::new(configure(props, is_key)?))),
        };
        Self::new(class, version, factory)
    }

    /// A converter of headers.
    pub fn header_converter<C: HeaderConverter + 'static>(
        class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        define: impl Fn() -> ConfigDef + Send + Sync + 'static,
        configure: impl Fn(&ConfigMap) -> Result<C, ConnectError> + Send + Sync + 'static,
    ) -> Self {
        let factory = Factory::HeaderConverter {
            define: Arc::new(define),
            configure: Arc::new(move |props| Ok(Box::new(configure(props)?))),
        };
        Self::new(class, version, factory)
    }

    /// A single message transform.
    pub fn transformation<T: Transform + 'static>(
        class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        define: impl Fn() -> ConfigDef + Send + Sync + 'static,
        configure: impl Fn(&ConfigMap) -> Result<T, ConnectError> + Send + Sync + 'static,
    ) -> Self {
        let factory = Factory::Transformation {
            define: Arc::new(define),
            configure: Arc::new(move |props| Ok(Box::new(configure(props)?))),
        };
        Self::new(class, version, factory)
    }

    /// A predicate.
    pub fn predicate<P: Predicate + 'static>(
        class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        define: impl Fn() -> ConfigDef + Send + Sync + 'static,
        configure: impl Fn(&ConfigMap) -> Result<P, ConnectError> + Send + Sync + 'static,
    ) -> Self {
        let factory = Factory::Predicate {
            define: Arc::new(define),
            configure: Arc::new(move |props| Ok(Box::new(configure(props)?))),
        };
        Self::new(class, version, factory)
    }

    /// A configuration provider; `configure` gets its `param.` settings.
    pub fn config_provider<P: ConfigProvider + 'static>(
        class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        configure: impl Fn(&ConfigMap) -> Result<P, ConnectError> + Send + Sync + 'static,
    ) -> Self {
        let factory = Factory::ConfigProvider { configure: Arc::new(move |props| Ok(Box::new(configure(props)?))) };
        Self::new(class, version, factory)
    }

    /// A client override policy; `configure` gets the worker's configuration.
    pub fn override_policy<P: OverridePolicy + 'static>(
        class: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        configure: impl Fn(&ConfigMap) -> Result<P, ConnectError> + Send + Sync + 'static,
    ) -> Self {
        let factory = Factory::OverridePolicy { configure: Arc::new(move |props| Ok(Box::new(configure(props)?))) };
        Self::new(class, version, factory)
    }

    /// What kind of plugin this is.
    pub fn kind(&self) -> PluginKind {
        match &self.factory {
            Factory::Source { .. } => PluginKind::Source,
            Factory::Sink { .. } => PluginKind::Sink,
            Factory::Converter { .. } => PluginKind::Converter,
            Factory::HeaderConverter { .. } => PluginKind::HeaderConverter,
            Factory::Transformation { .. } => PluginKind::Transformation,
            Factory::Predicate { .. } => PluginKind::Predicate,
            Factory::ConfigProvider { .. } => PluginKind::ConfigProvider,
            Factory::OverridePolicy { .. } => PluginKind::OverridePolicy,
        }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.class, self.version, self.kind().name())
    }
}
