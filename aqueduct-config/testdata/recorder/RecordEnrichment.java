import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.runtime.ConnectorConfig;
import org.apache.kafka.connect.runtime.SinkConnectorConfig;
import org.apache.kafka.connect.runtime.SourceConnectorConfig;
import org.apache.kafka.connect.runtime.isolation.Plugins;

/** How transforms, predicates and topic creation groups are checked. */
public class RecordEnrichment {
    private static final String T = "org.apache.kafka.connect.transforms.";
    private static final String P = "topic.creation.";

    private static final List<Map<String, String>> SINKS = List.of(
        Lines.map("transforms", "x", "transforms.x.plugin.version", "4.3.1"),
        Lines.map("transforms", "x", "transforms.x.type", null),
        Lines.map("transforms", "x", "transforms.x.type", "nope", "transforms.x.plugin.version", "4.3.1"),
        Lines.map("transforms", "x", "transforms.x.type", "java.lang.String", "transforms.x.plugin.version", "4.3.1"),
        Lines.map("transforms", "x", "transforms.x.type", T + "Filter", "transforms.x.plugin.version", "[1,"),
        Lines.map("transforms", "x", "transforms.x.type", T + "Filter", "transforms.x.plugin.version", "latest"),
        Lines.map("transforms", "x", "transforms.x.type", T + "Filter", "transforms.x.plugin.version", ""),
        Lines.map("transforms", "x", "transforms.x.type", T + "Filter", "transforms.x.plugin.version", " "),
        Lines.map("transforms", "x", "transforms.x.type", T + "Filter", "transforms.x.plugin.version", null),
        Lines.map("transforms", "x", "transforms.x.type", T + "Filter", "transforms.x.plugin.version", "[4,5)"),
        Lines.map("transforms", "x", "transforms.x.type", T + "Filter", "transforms.x.plugin.version", "99"),
        Lines.map("transforms", "x", "transforms.x.type", " " +T + "Filter "),
        Lines.map("transforms", "x", "transforms.x.type", "Filter"),
        Lines.map("transforms", "x", "transforms.x.type", "Filter", "transforms.x.plugin.version", "99"),
        Lines.map("transforms", "x", "transforms.x.type", T + "Cast", "transforms.x.plugin.version", "99"),
        Lines.map("transforms", "x", "transforms.x.type", T + "Cast"),
        Lines.map("transforms", "x", "transforms.x.type", T + "predicates.TopicNameMatches"),
        Lines.map("transforms", null),
        Lines.map("transforms", "x,,x"),
        Lines.map("transforms", "x", "transforms.x.type", T + "Filter", "transforms.x.negate", null),
        Lines.map("transforms", "x", "transforms.x.type", T + "Filter", "transforms.x.negate", "true", "transforms.x.predicate", null),
        Lines.map("predicates", "p", "predicates.p.type", "TopicNameMatches", "predicates.p.pattern", "a", "predicates.p.plugin.version", "99"),
        Lines.map("predicates", "p", "predicates.p.type", T + "Filter", "predicates.p.plugin.version", "4.3.1"),
        Lines.map("predicates", "p", "predicates.p.negate", "true", "predicates.p.type", "RecordIsTombstone"),
        Lines.map("key.converter.plugin.version", "[1,", "connector.plugin.version", "(1)"),
        Lines.map("key.converter.plugin.version", "[2,1]", "connector.plugin.version", "[1,1]"),
        Lines.map("key.converter.plugin.version", "[1,2],3", "connector.plugin.version", "[1,3],[2,4]"),
        Lines.map("key.converter.plugin.version", "", "connector.plugin.version", " "),
        Lines.map("key.converter.plugin.version", "latest", "connector.plugin.version", " latest "),
        Lines.map("key.converter", "org.apache.kafka.connect.converters.NumberConverter"),
        Lines.map("key.converter", "org.apache.kafka.connect.storage.SimpleHeaderConverter"),
        Lines.map("header.converter", "org.apache.kafka.connect.storage.SimpleHeaderConverter", "key.converter", null));

    private static final List<Map<String, String>> SOURCES = List.of(
        Lines.map(P + "groups", "a"),
        Lines.map(P + "default.replication.factor", "1"),
        Lines.map(P + "default.replication.factor", "0", P + "default.partitions", "1"),
        Lines.map(P + "default.replication.factor", "-1", P + "default.partitions", "-2"),
        Lines.map(P + "default.replication.factor", "-1", P + "default.partitions", "-1", P + "default.include", "["),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", "3", P + "groups", "default,a,b", P + "a.include", "x.*, y", P + "b.partitions", "7"),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", "3", P + "groups", "a", P + "a.include", "x(, y"),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", "3", P + "groups", "a", P + "a.exclude", "["),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", "3", P + "groups", "a", P + "a.partitions", "0"),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", "3", P + "groups", "a", P + "a.replication.factor", "x"),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", "3", P + "groups", "a", P + "a.cleanup.policy", "compact"),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", "3", P + "groups", "a,a"),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", null),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", "3", P + "groups", ""),
        Lines.map(P + "default.replication.factor", "2", P + "default.partitions", "3", P + "groups", "a,"));

    public static void main(String[] args) throws Exception {
        Plugins plugins = new Plugins(Map.of("plugin.discovery", "service_load"));
        // Classes are looked up by alias too, as in a worker.
        Thread.currentThread().setContextClassLoader(plugins.delegatingLoader());
        for (Map<String, String> props : SINKS) {
            recordSink(plugins, props, false);
            recordSink(plugins, props, true);
        }
        for (Map<String, String> props : SOURCES) {
            recordSource(plugins, props);
        }
    }

    private static void recordSink(Plugins plugins, Map<String, String> props, boolean full) throws Exception {
        Map<String, String> config = Lines.map("name", "n", "connector.class", "C", "topics", "t");
        config.putAll(props);
        ObjectNode line = Lines.line();
        line.put("full", full);
        line.set("config", Lines.JSON.valueToTree(props));
        try {
            ConfigDef def = ConnectorConfig.enrich(plugins, SinkConnectorConfig.configDef(), config, full);
            if (full) {
                def.parse(config);
                line.put("ok", true);
            } else {
                recordValues(def, config, props, line.putArray("values"));
            }
        } catch (Throwable error) {
            Lines.error(line, error);
        }
        Lines.print(line);
    }

    private static void recordValues(ConfigDef def, Map<String, String> config, Map<String, String> props,
                                     ArrayNode rows) {
        List<ConfigValue> values = new ArrayList<>(def.validate(config));
        values.sort(Comparator.comparing(ConfigValue::name));
        for (ConfigValue value : values) {
            boolean listed = value.name().matches("(transforms|predicates)\\..*");
            if (!listed && !props.containsKey(value.name()) && value.errorMessages().isEmpty()) {
                continue;
            }
            ConfigDef.ConfigKey key = def.configKeys().get(value.name());
            String validator = String.valueOf(key.validator);
            ObjectNode row = rows.addObject();
            row.put("name", value.name());
            row.put("value", String.valueOf(value.value()));
            row.set("errors", Lines.JSON.valueToTree(value.errorMessages()));
            row.put("visible", value.visible());
            row.put("recommended", value.recommendedValues().size());
            row.put("default", key.hasDefault() ? String.valueOf(key.defaultValue) : "REQUIRED");
            row.put("validator", Lines.isIdentity(validator) ? null : validator);
        }
    }

    private static void recordSource(Plugins plugins, Map<String, String> props) throws Exception {
        Map<String, String> config = Lines.map("name", "n", "connector.class", "C");
        config.putAll(props);
        ObjectNode line = Lines.line();
        line.set("topicCreation", Lines.JSON.valueToTree(props));
        try {
            SourceConnectorConfig source = new SourceConnectorConfig(plugins, config, true);
            line.put("uses", source.usesTopicCreation());
            ObjectNode rows = line.putObject("groups");
            List<String> groups = new ArrayList<>(source.getList(P + "groups"));
            groups.remove("default");
            groups.add("default");
            for (String group : groups) {
                ObjectNode row = rows.putObject(group);
                row.put("include", String.valueOf(source.topicCreationInclude(group)));
                row.put("exclude", String.valueOf(source.topicCreationExclude(group)));
                row.put("rf", String.valueOf(source.topicCreationReplicationFactor(group)));
                row.put("p", String.valueOf(source.topicCreationPartitions(group)));
                row.put("other", String.valueOf(source.topicCreationOtherConfigs(group)));
            }
        } catch (Throwable error) {
            Lines.error(line, error);
        }
        Lines.print(line);
    }
}
