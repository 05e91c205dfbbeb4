import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.runtime.SinkConnectorConfig;
import org.apache.kafka.connect.runtime.SourceConnectorConfig;
import org.apache.kafka.connect.runtime.TopicCreationConfig;

/** Every key of the definitions, in their order. */
public class RecordDefinitions {
    public static void main(String[] args) throws Exception {
        record("producer", ProducerConfig.configDef());
        record("consumer", ConsumerConfig.configDef());
        record("admin", AdminClientConfig.configDef());
        record("standalone", standalone());
        record("distributed", distributed());
        record("source", SourceConnectorConfig.configDef());
        record("sink", SinkConnectorConfig.configDef());
        record("group", TopicCreationConfig.configDef("G", (short) 1, 2));
        record("defaultgroup", TopicCreationConfig.defaultGroupConfigDef());
    }

    private static void record(String kind, ConfigDef def) throws Exception {
        for (ConfigDef.ConfigKey key : def.configKeys().values()) {
            String validator = key.validator == null ? null : key.validator.toString();
            ObjectNode line = Lines.line();
            line.put("kind", kind);
            line.put("name", key.name);
            line.put("type", key.type.name());
            line.put("required", !key.hasDefault());
            line.put("default", key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : null);
            line.put("validator", Lines.isIdentity(validator) ? "<identity>" : validator);
            line.put("importance", key.importance.name());
            line.put("group", key.group);
            line.put("order", key.orderInGroup);
            line.put("width", key.width.name());
            line.put("display", key.displayName);
            line.put("internal", key.internalConfig);
            Lines.print(line);
        }
    }

    private static ConfigDef standalone() throws Exception {
        Field config = Class.forName("org.apache.kafka.connect.runtime.standalone.StandaloneConfig")
                .getDeclaredField("CONFIG");
        config.setAccessible(true);
        return (ConfigDef) config.get(null);
    }

    private static ConfigDef distributed() throws Exception {
        String distributed = "org.apache.kafka.connect.runtime.distributed.";
        Class<?> crypto = Class.forName(distributed + "Crypto");
        Field system = crypto.getDeclaredField("SYSTEM");
        system.setAccessible(true);
        Method config = Class.forName(distributed + "DistributedConfig").getDeclaredMethod("config", crypto);
        config.setAccessible(true);
        return (ConfigDef) config.invoke(null, system.get(null));
    }
}
