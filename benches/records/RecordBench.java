// What a record costs in Kafka Connect's own transforms and converters: CPU nanoseconds of the process, so with what the
// garbage collector needs for it, the best of some rounds after warming up. Run by tools/bench_records.sh with Kafka's jars; prints one line for each case: index, figure.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.transforms.Transformation;

public class RecordBench {
    static final com.sun.management.OperatingSystemMXBean PROCESS =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    static final String TEXT = "x".repeat(100);
    static Object sink;

    static SchemaBuilder small() {
        return SchemaBuilder.struct().name("small").field("id", Schema.INT64_SCHEMA).field("name", Schema.OPTIONAL_STRING_SCHEMA)
            .field("score", Schema.FLOAT64_SCHEMA).field("active", Schema.BOOLEAN_SCHEMA).field("ts", Schema.INT64_SCHEMA);
    }

    static Struct fill(Struct struct) {
        return struct.put("id", 4711L).put("name", "a name of some length").put("score", 0.75).put("active", true).put("ts", 1700000000123L);
    }

    static Map<String, Object> map() {
        Map<String, Object> map = new HashMap<>();
        map.put("id", 4711L);
        map.put("name", "a name of some length");
        map.put("score", 0.75);
        map.put("active", true);
        map.put("ts", 1700000000123L);
        return map;
    }

    static SchemaAndValue shape(String name) {
        switch (name) {
            case "string": return new SchemaAndValue(Schema.STRING_SCHEMA, TEXT);
            case "bytes": return new SchemaAndValue(Schema.BYTES_SCHEMA, TEXT.getBytes());
            case "int32": return new SchemaAndValue(Schema.INT32_SCHEMA, 4711);
            case "int64": return new SchemaAndValue(Schema.INT64_SCHEMA, 4711L);
            case "float64": return new SchemaAndValue(Schema.FLOAT64_SCHEMA, 0.75);
            case "boolean": return new SchemaAndValue(Schema.BOOLEAN_SCHEMA, true);
            case "map": return new SchemaAndValue(null, map());
            case "nestedmap": {
                Map<String, Object> outer = map();
                outer.put("inner", map());
                return new SchemaAndValue(null, outer);
            }
            case "small": {
                Schema schema = small().build();
                return new SchemaAndValue(schema, fill(new Struct(schema)));
            }
            case "nested": {
                Schema inner = small().build();
                Schema schema = small().field("inner", inner).build();
                return new SchemaAndValue(schema, fill(new Struct(schema)).put("inner", fill(new Struct(inner))));
            }
            case "wide": {
                SchemaBuilder builder = small();
                for (int n = 0; n < 55; n++)
                    builder.field("f" + n, n % 3 == 0 ? Schema.INT32_SCHEMA : n % 3 == 1 ? Schema.STRING_SCHEMA : Schema.FLOAT64_SCHEMA);
                Schema schema = builder.build();
                Struct struct = fill(new Struct(schema));
                for (int n = 0; n < 55; n++)
                    struct.put("f" + n, n % 3 == 0 ? (Object) n : n % 3 == 1 ? "text " + n : (Object) (n / 4.0));
                return new SchemaAndValue(schema, struct);
            }
            default: throw new IllegalArgumentException(name);
        }
    }

    interface Step { Object run(); }

    @SuppressWarnings("unchecked")
    static Step step(JsonNode spec) throws Exception {
        Map<String, Object> config = new HashMap<>();
        spec.get("config").fields().forEachRemaining(field -> config.put(field.getKey(), field.getValue().asText()));
        SchemaAndValue data = shape(spec.get("shape").asText());
        Object plugin = Class.forName(spec.get("class").asText()).getDeclaredConstructor().newInstance();
        switch (spec.get("kind").asText()) {
            case "transform": {
                Transformation<SourceRecord> transform = (Transformation<SourceRecord>) plugin;
                transform.configure(config);
                SourceRecord record = new SourceRecord(Map.of(), Map.of(), "topic-a", 0, null, null, data.schema(), data.value(), 1700000000123L);
                return () -> transform.apply(record);
            }
            case "write": {
                Converter converter = (Converter) plugin;
                converter.configure(config, false);
                return () -> converter.fromConnectData("topic-a", data.schema(), data.value());
            }
            case "read": {
                Converter converter = (Converter) plugin;
                converter.configure(config, false);
                byte[] bytes = converter.fromConnectData("topic-a", data.schema(), data.value());
                return () -> converter.toConnectData("topic-a", bytes);
            }
            default: throw new IllegalArgumentException(spec.toString());
        }
    }

    static long round(Step step, int count) {
        long begin = PROCESS.getProcessCpuTime();
        for (int n = 0; n < count; n++)
            sink = step.run();
        return PROCESS.getProcessCpuTime() - begin;
    }

    public static void main(String[] arguments) throws Exception {
        JsonNode cases = new ObjectMapper().readTree(new File(arguments[0]));
        long millis = Long.parseLong(arguments[1]);
        for (int index = 0; index < cases.size(); index++) {
            Step step = step(cases.get(index));
            // The compiler of the JVM gets as much time of the processor as three rounds, however busy the machine is; then the pace is known.
            // The clock of the process goes in steps of ten milliseconds.
            long begin = PROCESS.getProcessCpuTime();
            long used = 0;
            long warm = 0;
            long half = 0;
            long halfUsed = 0;
            while (used < millis * 3_000_000L) {
                round(step, 1000);
                warm += 1000;
                used = PROCESS.getProcessCpuTime() - begin;
                if (used < millis * 1_500_000L) {
                    half = warm;
                    halfUsed = used;
                }
            }
            int count = (int) Math.max(1000L, (warm - half) * millis * 1_000_000L / (used - halfUsed));
            double best = Double.MAX_VALUE;
            for (int n = 0; n < 5; n++)
                best = Math.min(best, round(step, count) / (double) count);
            System.out.println(index + "\t" + best);
        }
    }
}
