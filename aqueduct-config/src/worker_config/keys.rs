//! The names of the worker's keys, each written once.

macro_rules! keys {
    ($($name:ident = $text:literal;)*) => {
        $(
            #[doc = concat!("The worker's key `", $text, "`.")]
            pub const $name: &str = $text;
        )*
    };
}

keys! {
    BOOTSTRAP_SERVERS = "bootstrap.servers";
    CLIENT_DNS_LOOKUP = "client.dns.lookup";
    KEY_CONVERTER = "key.converter";
    KEY_CONVERTER_VERSION = "key.converter.plugin.version";
    VALUE_CONVERTER = "value.converter";
    VALUE_CONVERTER_VERSION = "value.converter.plugin.version";
    HEADER_CONVERTER = "header.converter";
    HEADER_CONVERTER_VERSION = "header.converter.plugin.version";
    TASK_SHUTDOWN_GRACEFUL_TIMEOUT_MS = "task.shutdown.graceful.timeout.ms";
    OFFSET_FLUSH_INTERVAL_MS = "offset.flush.interval.ms";
    OFFSET_FLUSH_TIMEOUT_MS = "offset.flush.timeout.ms";
    PLUGIN_PATH = "plugin.path";
    PLUGIN_DISCOVERY = "plugin.discovery";
    CONFIG_PROVIDERS = "config.providers";
    CLIENT_CONFIG_OVERRIDE_POLICY = "connector.client.config.override.policy";
    CLIENT_CONFIG_OVERRIDE_ALLOWLIST = "connector.client.config.override.allowlist";
    METRICS_SAMPLE_WINDOW_MS = "metrics.sample.window.ms";
    METRICS_NUM_SAMPLES = "metrics.num.samples";
    METRICS_RECORDING_LEVEL = "metrics.recording.level";
    METRIC_REPORTERS = "metric.reporters";
    TOPIC_CREATION_ENABLE = "topic.creation.enable";
    TOPIC_TRACKING_ENABLE = "topic.tracking.enable";
    TOPIC_TRACKING_ALLOW_RESET = "topic.tracking.allow.reset";

    LISTENERS = "listeners";
    ADMIN_LISTENERS = "admin.listeners";
    REST_ADVERTISED_HOST_NAME = "rest.advertised.host.name";
    REST_ADVERTISED_PORT = "rest.advertised.port";
    REST_ADVERTISED_LISTENER = "rest.advertised.listener";
    ACCESS_CONTROL_ALLOW_ORIGIN = "access.control.allow.origin";
    ACCESS_CONTROL_ALLOW_METHODS = "access.control.allow.methods";
    REST_EXTENSION_CLASSES = "rest.extension.classes";
    RESPONSE_HTTP_HEADERS = "response.http.headers.config";
    SSL_CLIENT_AUTH = "ssl.client.auth";

    OFFSET_STORAGE_FILE_FILENAME = "offset.storage.file.filename";

    GROUP_ID = "group.id";
    SESSION_TIMEOUT_MS = "session.timeout.ms";
    REBALANCE_TIMEOUT_MS = "rebalance.timeout.ms";
    HEARTBEAT_INTERVAL_MS = "heartbeat.interval.ms";
    EXACTLY_ONCE_SOURCE_SUPPORT = "exactly.once.source.support";
    CONFIG_STORAGE_TOPIC = "config.storage.topic";
    CONFIG_STORAGE_REPLICATION_FACTOR = "config.storage.replication.factor";
    OFFSET_STORAGE_TOPIC = "offset.storage.topic";
    OFFSET_STORAGE_PARTITIONS = "offset.storage.partitions";
    OFFSET_STORAGE_REPLICATION_FACTOR = "offset.storage.replication.factor";
    STATUS_STORAGE_TOPIC = "status.storage.topic";
    STATUS_STORAGE_PARTITIONS = "status.storage.partitions";
    STATUS_STORAGE_REPLICATION_FACTOR = "status.storage.replication.factor";
    CONNECT_PROTOCOL = "connect.protocol";
    SCHEDULED_REBALANCE_MAX_DELAY_MS = "scheduled.rebalance.max.delay.ms";
    WORKER_SYNC_TIMEOUT_MS = "worker.sync.timeout.ms";
    WORKER_UNSYNC_BACKOFF_MS = "worker.unsync.backoff.ms";
    INTER_WORKER_KEY_TTL_MS = "inter.worker.key.ttl.ms";
    INTER_WORKER_KEY_GENERATION_ALGORITHM = "inter.worker.key.generation.algorithm";
    INTER_WORKER_KEY_SIZE = "inter.worker.key.size";
    INTER_WORKER_SIGNATURE_ALGORITHM = "inter.worker.signature.algorithm";
    INTER_WORKER_VERIFICATION_ALGORITHMS = "inter.worker.verification.algorithms";

    CLIENT_ID = "client.id";
    METADATA_MAX_AGE_MS = "metadata.max.age.ms";
    SEND_BUFFER_BYTES = "send.buffer.bytes";
    RECEIVE_BUFFER_BYTES = "receive.buffer.bytes";
    RECONNECT_BACKOFF_MS = "reconnect.backoff.ms";
    RECONNECT_BACKOFF_MAX_MS = "reconnect.backoff.max.ms";
    RETRY_BACKOFF_MS = "retry.backoff.ms";
    RETRY_BACKOFF_MAX_MS = "retry.backoff.max.ms";
    SOCKET_CONNECTION_SETUP_TIMEOUT_MS = "socket.connection.setup.timeout.ms";
    SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS = "socket.connection.setup.timeout.max.ms";
    REQUEST_TIMEOUT_MS = "request.timeout.ms";
    CONNECTIONS_MAX_IDLE_MS = "connections.max.idle.ms";
    SECURITY_PROTOCOL = "security.protocol";
    METADATA_RECOVERY_STRATEGY = "metadata.recovery.strategy";
    METADATA_RECOVERY_REBOOTSTRAP_TRIGGER_MS = "metadata.recovery.rebootstrap.trigger.ms";
}
