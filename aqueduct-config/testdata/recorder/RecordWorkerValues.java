import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.runtime.distributed.DistributedConfig;
import org.apache.kafka.connect.runtime.standalone.StandaloneConfig;

/** What worker configurations make of one value each. A key with null is recorded absent, and with a null. */
public class RecordWorkerValues {
    private static final String CONVERTER = "org.apache.kafka.connect.json.JsonConverter";

    private static final String[][] CASES = {
        {"bootstrap.servers", ""},
        {"bootstrap.servers", "a:1,a:1,b:2"},
        {"bootstrap.servers", "a:1,,b:2"},
        {"bootstrap.servers", null},
        {"client.dns.lookup", "x"},
        {"key.converter", "no.Such"},
        {"key.converter.plugin.version", "[1,"},
        {"key.converter", null},
        {"task.shutdown.graceful.timeout.ms", "-1"},
        {"offset.flush.interval.ms", "x"},
        {"plugin.path", ""},
        {"plugin.path", "a,a"},
        {"plugin.path", " a , b "},
        {"plugin.discovery", "Only_Scan"},
        {"plugin.discovery", "x"},
        {"config.providers", ""},
        {"config.providers", "a,a"},
        {"config.providers", null},
        {"connector.client.config.override.policy", "Nope"},
        {"metrics.sample.window.ms", "-1"},
        {"metrics.num.samples", "0"},
        {"metrics.recording.level", "TRACE"},
        {"metric.reporters", ""},
        {"metric.reporters", "a,a"},
        {"topic.creation.enable", "x"},
        {"listeners", ""},
        {"listeners", " "},
        {"listeners", "http://:1,"},
        {"listeners", ","},
        {"listeners", "http://:1,http://:1"},
        {"listeners", "ftp://x"},
        {"listeners", null},
        {"admin.listeners", ""},
        {"admin.listeners", "http://:1,"},
        {"admin.listeners", ","},
        {"admin.listeners", "http://:1,http://:1"},
        {"admin.listeners", null},
        {"rest.advertised.port", "x"},
        {"rest.advertised.listener", "ftp"},
        {"rest.extension.classes", "a,,b"},
        {"rest.extension.classes", "a,a"},
        {"response.http.headers.config", ""},
        {"response.http.headers.config", " "},
        {"response.http.headers.config", "set"},
        {"response.http.headers.config", "put A:b"},
        {"response.http.headers.config", "set A"},
        {"response.http.headers.config", "set A:"},
        {"response.http.headers.config", "set A:b:c"},
        {"response.http.headers.config", "set A B:c"},
        {"response.http.headers.config", "set :c"},
        {"response.http.headers.config", "\"set A:b,c\",add D:e"},
        {"response.http.headers.config", "set A:b,"},
        {"response.http.headers.config", ",set A:b"},
        {"response.http.headers.config", "set A:b,,set C:d"},
        {"response.http.headers.config", "SETDATE  A : b c "},
        {"response.http.headers.config", "\"set A:\\\"b\\\"\" x, set C:d"},
        {"response.http.headers.config", "set A:\"b,c\""},
        {"response.http.headers.config", "set\u00a0A:b"},
        {"ssl.client.auth", "x"},
        {"ssl.client.auth", "NONE"},
        {"ssl.protocol", ""},
        {"ssl.cipher.suites", "a,a"},
        {"ssl.cipher.suites", ""},
        {"ssl.enabled.protocols", ""},
        {"ssl.engine.factory.class", "x"},
        {"ssl.endpoint.identification.algorithm", ""},
        {"group.id", null},
        {"group.id", ""},
        {"session.timeout.ms", "-5"},
        {"heartbeat.interval.ms", "99999999"},
        {"exactly.once.source.support", "ENABLED"},
        {"exactly.once.source.support", "x"},
        {"exactly.once.source.support", " enabled "},
        {"metadata.max.age.ms", "-1"},
        {"send.buffer.bytes", "-2"},
        {"receive.buffer.bytes", "-1"},
        {"reconnect.backoff.ms", "-1"},
        {"reconnect.backoff.ms", "5000"},
        {"retry.backoff.ms", "5000"},
        {"request.timeout.ms", "-1"},
        {"connections.max.idle.ms", "-1"},
        {"security.protocol", "ssl"},
        {"security.protocol", "x"},
        {"config.storage.topic", ""},
        {"config.storage.topic", null},
        {"offset.storage.partitions", "0"},
        {"offset.storage.partitions", "-1"},
        {"offset.storage.partitions", null},
        {"offset.storage.partitions", "x"},
        {"config.storage.replication.factor", "0"},
        {"config.storage.replication.factor", "-2"},
        {"config.storage.replication.factor", "99999"},
        {"status.storage.partitions", "-3"},
        {"connect.protocol", "EAGER"},
        {"connect.protocol", "lazy"},
        {"connect.protocol", ""},
        {"connect.protocol", null},
        {"scheduled.rebalance.max.delay.ms", "-1"},
        {"inter.worker.key.ttl.ms", "-1"},
        {"inter.worker.key.generation.algorithm", "hmacsha1"},
        {"inter.worker.key.generation.algorithm", "nope"},
        {"inter.worker.key.size", "39"},
        {"inter.worker.key.size", "40"},
        {"inter.worker.key.size", "0"},
        {"inter.worker.key.size", "-1"},
        {"inter.worker.key.size", null},
        {"inter.worker.signature.algorithm", "HmacSHA512"},
        {"inter.worker.signature.algorithm", "nope"},
        {"inter.worker.signature.algorithm", "hmacsha256"},
        {"inter.worker.verification.algorithms", ""},
        {"inter.worker.verification.algorithms", "HmacSHA512"},
        {"inter.worker.verification.algorithms", "HmacSHA256,nope"},
        {"inter.worker.verification.algorithms", "HmacSHA256,HmacSHA256"},
        {"inter.worker.verification.algorithms", "HmacSHA256,,"},
        {"inter.worker.verification.algorithms", null},
        {"metadata.recovery.strategy", "NONE"},
        {"metadata.recovery.strategy", "x"},
        {"metadata.recovery.rebootstrap.trigger.ms", "-1"},
        {"sasl.mechanism", ""},
        {"sasl.login.refresh.window.factor", "0.4"},
        {"sasl.login.refresh.window.factor", "1.1"},
        {"sasl.login.refresh.min.period.seconds", "901"},
        {"sasl.oauthbearer.assertion.algorithm", "x"},
        {"sasl.oauthbearer.expected.audience", "a,,"},
        {"offset.storage.file.filename", null},
        {"unknown.key", "x"},
    };

    public static void main(String[] args) throws Exception {
        for (String[] item : CASES) {
            for (boolean distributed : new boolean[] {true, false}) {
                Map<String, String> props = complete(distributed);
                if (item[1] == null) {
                    props.remove(item[0]);
                    record(distributed, item[0], props);
                }
                props.put(item[0], item[1]);
                record(distributed, item[0], props);
            }
        }
    }

    private static Map<String, String> complete(boolean distributed) {
        Map<String, String> props = Lines.map(
                "bootstrap.servers", "b:9092", "key.converter", CONVERTER, "value.converter", CONVERTER);
        if (distributed) {
            props.putAll(Lines.map("group.id", "g", "config.storage.topic", "c", "offset.storage.topic", "o",
                    "status.storage.topic", "s"));
        } else {
            props.put("offset.storage.file.filename", "f");
        }
        return props;
    }

    private static void record(boolean distributed, String key, Map<String, String> props) throws Exception {
        ObjectNode line = Lines.line();
        line.put("mode", distributed ? "distributed" : "standalone");
        line.put("key", key);
        if (props.containsKey(key)) {
            line.put("value", props.get(key));
        }
        try {
            WorkerConfig config = distributed ? new DistributedConfig(props) : new StandaloneConfig(props);
            line.put("parsed", String.valueOf(config.values().get(key)));
            line.put("defined", config.values().containsKey(key));
            if (distributed && key.equals("reconnect.backoff.ms")) {
                line.put("max", String.valueOf(config.values().get("reconnect.backoff.max.ms")));
            }
        } catch (Throwable error) {
            Lines.error(line, error);
        }
        Lines.print(line);
    }
}
