// Says what Kafka Connect's own classes make of cases in the form of conformance/: reads cases without `expected`, one JSON object for
// each line, and writes them with it. Run by tests/differential/run with Kafka's jars.
//
//   java -cp 'LIBS/*' Oracle.java FILE IN OUT      FILE is the name of the recorded file whose form the cases have: transforms, values, …
//
// A case that cannot be put to Java (a value that does not fit its schema, for example) is left out.

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParsePosition;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TimeZone;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.ConnectSchema;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.SchemaProjector;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Values;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.header.Headers;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

public class Oracle {
    static final ObjectMapper MAPPER = new ObjectMapper();
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** The case makes no sense in Java; nothing is said about it. */
    static class Unfit extends RuntimeException {
        Unfit(String why, Throwable cause) {
            super(why, cause);
        }
    }

    /** What the class under test threw, and in which phase. */
    static class Thrown extends Exception {
        final String phase;

        Thrown(String phase, Throwable cause) {
            super(cause);
            this.phase = phase;
        }
    }

    static <T> T in(String phase, Callable<T> step) throws Thrown {
        try {
            return step.call();
        } catch (Unfit unfit) {
            throw unfit;
        } catch (Throwable thrown) {
            throw new Thrown(phase, thrown);
        }
    }

    // === from JSON

    static Schema schema(JsonNode node) {
        if (node == null || node.isNull())
            return null;
        Schema.Type type = Schema.Type.valueOf(node.get("type").asText());
        SchemaBuilder builder = switch (type) {
            case ARRAY -> SchemaBuilder.array(inner(node, "valueSchema"));
            case MAP -> SchemaBuilder.map(inner(node, "keySchema"), inner(node, "valueSchema"));
            default -> new SchemaBuilder(type);
        };
        if (node.get("optional").asBoolean())
            builder.optional();
        if (node.hasNonNull("name"))
            builder.name(node.get("name").asText());
        if (node.hasNonNull("version"))
            builder.version(node.get("version").asInt());
        if (node.hasNonNull("doc"))
            builder.doc(node.get("doc").asText());
        if (node.hasNonNull("parameters"))
            builder.parameters(texts(node.get("parameters")));
        if (node.has("fields"))
            for (JsonNode field : node.get("fields"))
                builder.field(field.get("name").asText(), schema(field.get("schema")));
        if (node.hasNonNull("default"))
            builder.defaultValue(value(node.get("default"), builder));
        return builder.build();
    }

    static Schema inner(JsonNode node, String member) {
        Schema inner = schema(node.get(member));
        if (inner == null)
            throw new Unfit("a part without a schema", null);
        return inner;
    }

    static Map<String, String> texts(JsonNode node) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Iterator<Map.Entry<String, JsonNode>> fields = node.fields(); fields.hasNext();) {
            Map.Entry<String, JsonNode> field = fields.next();
            texts.put(field.getKey(), field.getValue().isNull() ? null : field.getValue().asText());
        }
        return texts;
    }

    static Object value(JsonNode node, Schema schema) {
        if (node == null || node.isNull())
            return null;
        String kind = node.fieldNames().next();
        JsonNode content = node.get(kind);
        Schema.Type type = schema == null ? null : schema.type();
        switch (kind) {
            case "int8": return (byte) content.asLong();
            case "int16": return (short) content.asLong();
            case "int32": return (int) content.asLong();
            case "int64": return content.asLong();
            case "float32": return Float.parseFloat(content.asText());
            case "float64": return Double.parseDouble(content.asText());
            case "boolean": return content.asBoolean();
            case "string": return content.asText();
            case "bytes": {
                byte[] bytes = Base64.getDecoder().decode(content.asText());
                return node.has("java") ? ByteBuffer.wrap(bytes) : bytes;
            }
            case "decimal": return new BigDecimal(new BigInteger(content.get("unscaled").asText()), content.get("scale").asInt());
            case "bigint": return new BigInteger(content.asText());
            case "epochms": return new Date(content.asLong());
            case "array": {
                List<Object> list = new ArrayList<>();
                for (JsonNode item : content)
                    list.add(value(item, type == Schema.Type.ARRAY ? schema.valueSchema() : null));
                return list;
            }
            case "map": {
                Map<Object, Object> map = new LinkedHashMap<>();
                for (JsonNode pair : content)
                    map.put(value(pair.get(0), type == Schema.Type.MAP ? schema.keySchema() : null),
                        value(pair.get(1), type == Schema.Type.MAP ? schema.valueSchema() : null));
                return map;
            }
            case "struct": {
                Schema own = node.has("schema") ? schema(node.get("schema")) : schema;
                if (own == null || own.type() != Schema.Type.STRUCT)
                    throw new Unfit("a struct without a schema", null);
                Struct struct = new Struct(own);
                for (JsonNode pair : content) {
                    Field field = own.field(pair.get(0).asText());
                    if (field == null)
                        throw new Unfit("no such field", null);
                    if (!pair.get(1).isNull())
                        struct.put(field, value(pair.get(1), field.schema()));
                }
                return struct;
            }
            default: throw new Unfit(kind, null);
        }
    }

    static byte[] bytes(JsonNode node) {
        if (node == null || node.isNull())
            return null;
        return node.has("utf8") ? node.get("utf8").asText().getBytes(StandardCharsets.UTF_8) : Base64.getDecoder().decode(node.get("base64").asText());
    }

    static ConnectRecord<?> record(JsonNode node) {
        String topic = node.get("topic").isNull() ? null : node.get("topic").asText();
        Integer partition = node.get("partition").isNull() ? null : Integer.valueOf(node.get("partition").asInt());
        Schema keySchema = schema(node.get("keySchema"));
        Schema valueSchema = schema(node.get("valueSchema"));
        Object key = value(node.get("key"), keySchema);
        Object content = value(node.get("value"), valueSchema);
        Long timestamp = node.get("timestamp").isNull() ? null : Long.valueOf(node.get("timestamp").asLong());
        Headers headers = new ConnectHeaders();
        for (JsonNode header : node.get("headers")) {
            Schema headerSchema = schema(header.get("schema"));
            headers.add(header.get("key").asText(), value(header.get("value"), headerSchema), headerSchema);
        }
        if (node.get("kind").asText().equals("sink"))
            return new SinkRecord(topic, partition, keySchema, key, valueSchema, content, node.get("offset").asLong(), timestamp,
                TimestampType.CREATE_TIME, headers);
        return new SourceRecord(origin(node.get("sourcePartition")), origin(node.get("sourceOffset")), topic, partition, keySchema, key, valueSchema,
            content, timestamp, headers);
    }

    @SuppressWarnings("unchecked")
    static Map<String, ?> origin(JsonNode node) {
        return (Map<String, ?>) value(node, null);
    }

    // === to JSON

    static JsonNode json(Schema schema) {
        if (schema == null)
            return NODES.nullNode();
        ObjectNode node = NODES.objectNode();
        node.put("type", schema.type().name());
        node.put("optional", schema.isOptional());
        if (schema.name() != null)
            node.put("name", schema.name());
        if (schema.version() != null)
            node.put("version", schema.version());
        if (schema.doc() != null)
            node.put("doc", schema.doc());
        if (schema.parameters() != null) {
            ObjectNode parameters = node.putObject("parameters");
            schema.parameters().forEach(parameters::put);
        }
        if (schema.defaultValue() != null)
            node.set("default", json(schema.defaultValue(), schema));
        if (schema.type() == Schema.Type.STRUCT) {
            ArrayNode fields = node.putArray("fields");
            for (Field field : schema.fields())
                fields.addObject().put("name", field.name()).set("schema", json(field.schema()));
        }
        if (schema.type() == Schema.Type.MAP)
            node.set("keySchema", json(schema.keySchema()));
        if (schema.type() == Schema.Type.MAP || schema.type() == Schema.Type.ARRAY)
            node.set("valueSchema", json(schema.valueSchema()));
        return node;
    }

    static boolean wellFormed(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    static JsonNode json(Object value, Schema schema) {
        if (value == null)
            return NODES.nullNode();
        ObjectNode node = NODES.objectNode();
        Schema.Type type = schema == null ? null : schema.type();
        if (value instanceof Byte number)
            node.put("int8", number.intValue());
        else if (value instanceof Short number)
            node.put("int16", number.intValue());
        else if (value instanceof Integer number)
            node.put("int32", number);
        else if (value instanceof Long number)
            node.put("int64", number);
        else if (value instanceof Float number)
            node.put("float32", number.toString());
        else if (value instanceof Double number)
            node.put("float64", number.toString());
        else if (value instanceof Boolean truth)
            node.put("boolean", truth);
        else if (value instanceof String text) {
            if (wellFormed(text))
                node.put("string", text);
            else {
                ArrayNode units = node.putArray("string_utf16");
                text.chars().forEach(units::add);
            }
        } else if (value instanceof byte[] bytes)
            node.put("bytes", Base64.getEncoder().encodeToString(bytes));
        else if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            node.put("bytes", Base64.getEncoder().encodeToString(bytes)).put("java", "ByteBuffer");
        } else if (value instanceof BigDecimal decimal)
            node.putObject("decimal").put("scale", decimal.scale()).put("unscaled", decimal.unscaledValue().toString());
        else if (value instanceof BigInteger number)
            node.put("bigint", number.toString());
        else if (value instanceof Date date)
            node.put("epochms", date.getTime());
        else if (value instanceof List<?> list) {
            ArrayNode items = node.putArray("array");
            for (Object item : list)
                items.add(json(item, type == Schema.Type.ARRAY ? schema.valueSchema() : null));
        } else if (value instanceof Map<?, ?> map) {
            ArrayNode pairs = node.putArray("map");
            map.forEach((key, item) -> pairs.addArray().add(json(key, type == Schema.Type.MAP ? schema.keySchema() : null))
                .add(json(item, type == Schema.Type.MAP ? schema.valueSchema() : null)));
        } else if (value instanceof Struct struct) {
            ArrayNode pairs = node.putArray("struct");
            for (Field field : struct.schema().fields())
                pairs.addArray().add(field.name()).add(json(struct.getWithoutDefault(field.name()), field.schema()));
            if (!struct.schema().equals(schema))
                node.set("schema", json(struct.schema()));
        } else if (value instanceof Class<?> type_)
            node.put("class", type_.getName());
        else if (value instanceof org.apache.kafka.common.config.types.Password password)
            node.put("password", password.value());
        else
            node.put("java_object", value.getClass().getName()).put("toString", value.toString());
        return node;
    }

    static JsonNode json(SchemaAndValue data) {
        if (data == null)
            return NODES.nullNode();
        ObjectNode node = NODES.objectNode();
        node.set("schema", json(data.schema()));
        node.set("value", json(data.value(), data.schema()));
        return node;
    }

    static JsonNode json(byte[] bytes) {
        if (bytes == null)
            return NODES.nullNode();
        ObjectNode node = NODES.objectNode();
        try {
            return node.put("utf8", StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (java.nio.charset.CharacterCodingException notText) {
            return node.put("base64", Base64.getEncoder().encodeToString(bytes));
        }
    }

    static JsonNode json(ConnectRecord<?> record) {
        ObjectNode node = NODES.objectNode();
        node.put("kind", record instanceof SinkRecord ? "sink" : "source");
        node.put("topic", record.topic());
        node.put("partition", record.kafkaPartition());
        node.set("keySchema", json(record.keySchema()));
        node.set("key", json(record.key(), record.keySchema()));
        node.set("valueSchema", json(record.valueSchema()));
        node.set("value", json(record.value(), record.valueSchema()));
        node.put("timestamp", record.timestamp());
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) {
            ObjectNode one = headers.addObject();
            one.put("key", header.key());
            one.set("schema", json(header.schema()));
            one.set("value", json(header.value(), header.schema()));
        }
        if (record instanceof SinkRecord sink)
            node.put("offset", sink.kafkaOffset());
        else {
            node.set("sourcePartition", json(((SourceRecord) record).sourcePartition(), null));
            node.set("sourceOffset", json(((SourceRecord) record).sourceOffset(), null));
        }
        return node;
    }

    static String hashless(String text) {
        return text == null ? null : text.replaceAll("(\\[[BCDFIJSZ]|[A-Za-z]\\w*(?:\\.\\w+)+(?:\\$\\w+)*)@[0-9a-f]{1,8}\\b", "$1@HASH");
    }

    /** What nobody threw on purpose. */
    static final Set<String> ACCIDENTS = Set.of("NullPointerException", "ClassCastException", "IndexOutOfBoundsException",
        "StringIndexOutOfBoundsException", "ArrayIndexOutOfBoundsException", "ArithmeticException", "StackOverflowError", "BufferUnderflowException",
        "NegativeArraySizeException", "UnsupportedOperationException", "NoSuchElementException");

    static ObjectNode error(Thrown thrown) {
        Throwable what = thrown.getCause();
        ObjectNode error = NODES.objectNode();
        error.put("class", what.getClass().getSimpleName());
        error.put("message", hashless(what.getMessage()));
        if (what.getCause() != null)
            error.putObject("cause").put("class", what.getCause().getClass().getSimpleName()).put("message", hashless(what.getCause().getMessage()));
        if (thrown.phase != null)
            error.put("phase", thrown.phase);
        boolean index = what.getClass() == IllegalArgumentException.class && String.valueOf(what.getMessage()).matches("fromIndex.*|.*\\(-?\\d+\\) > .*");
        if (ACCIDENTS.contains(what.getClass().getSimpleName()) || index)
            error.put("accidental", true);
        ObjectNode node = NODES.objectNode();
        node.set("error", error);
        return node;
    }

    // === the questions

    static Object plugin(JsonNode test) {
        try {
            return Class.forName(test.get("class").asText()).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException none) {
            throw new Unfit("no such class", none);
        }
    }

    /** Objects that print as their place in memory say nothing that could be compared. */
    static final Pattern IDENTITY = Pattern.compile("\\[[BCDFIJSZ]@[0-9a-f]{1,8}");

    static boolean printsIdentity(ObjectNode expected) {
        JsonNode bytes = expected.path("bytes");
        byte[] written = bytes.isObject() ? bytes(bytes) : new byte[0];
        String text = new String(written, StandardCharsets.ISO_8859_1).replace("\0", "");
        return IDENTITY.matcher(text).find() || IDENTITY.matcher(expected.path("result").toString()).find();
    }

    /** A half of a character has a form of its own in values only. */
    static boolean wellFormed(JsonNode node) {
        if (node.isTextual())
            return wellFormed(node.asText());
        for (JsonNode part : node)
            if (!wellFormed(part))
                return false;
        return true;
    }

    static ObjectNode result(JsonNode node) {
        ObjectNode result = NODES.objectNode();
        result.set("result", node);
        return result;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    static ObjectNode transform(JsonNode test) throws Thrown {
        Transformation transform = (Transformation) plugin(test);
        ConnectRecord<?> record = record(test.get("input"));
        in("configure", () -> {
            transform.configure(texts(test.get("config")));
            return null;
        });
        Object changed = in("apply", () -> transform.apply(record));
        ObjectNode expected = NODES.objectNode();
        if (changed == null)
            return expected.put("filtered", true);
        expected.set("record", json((ConnectRecord<?>) changed));
        return expected;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    static ObjectNode predicate(JsonNode test) throws Thrown {
        Predicate predicate = (Predicate) plugin(test);
        ConnectRecord<?> record = record(test.get("input"));
        in("configure", () -> {
            predicate.configure(texts(test.get("config")));
            return null;
        });
        return result(NODES.booleanNode(in("test", () -> predicate.test(record))));
    }

    static ObjectNode convert(Converter converter, JsonNode test, boolean from) throws Thrown {
        Schema schema = from ? schema(test.get("input").get("schema")) : null;
        Object value = from ? value(test.get("input").get("value"), schema) : null;
        in("configure", () -> {
            converter.configure(texts(test.get("config")), test.get("isKey").asBoolean());
            return null;
        });
        String topic = test.get("topic").asText();
        if (from) {
            ObjectNode expected = NODES.objectNode();
            expected.set("bytes", json(in("convert", () -> converter.fromConnectData(topic, schema, value))));
            return expected;
        }
        return result(json(in("convert", () -> converter.toConnectData(topic, bytes(test.get("input"))))));
    }

    static ObjectNode values(JsonNode test) throws Thrown {
        String op = test.get("op").asText();
        JsonNode input = test.get("input");
        switch (op) {
            case "parseString": {
                String text = input.isNull() ? null : input.asText();
                return result(json(in(null, () -> Values.parseString(text))));
            }
            case "inferSchema": {
                Object value = value(input, null);
                return result(json(in(null, () -> Values.inferSchema(value))));
            }
            case "simpleHeaderConverter.toConnectHeader": {
                byte[] bytes = bytes(input);
                return result(json(in(null, () -> new SimpleHeaderConverter().toConnectHeader("topic", "header", bytes))));
            }
            default:
        }
        Schema schema = schema(input.get("schema"));
        Object value = value(input.get("value"), schema);
        return switch (op) {
            case "simpleHeaderConverter.fromConnectHeader" ->
                result(json(in(null, () -> new SimpleHeaderConverter().fromConnectHeader("topic", "header", schema, value))));
            case "convertToBoolean" -> plain(in(null, () -> Values.convertToBoolean(schema, value)));
            case "convertToByte" -> plain(in(null, () -> Values.convertToByte(schema, value)));
            case "convertToShort" -> plain(in(null, () -> Values.convertToShort(schema, value)));
            case "convertToInteger" -> plain(in(null, () -> Values.convertToInteger(schema, value)));
            case "convertToLong" -> plain(in(null, () -> Values.convertToLong(schema, value)));
            case "convertToFloat" -> plain(in(null, () -> Values.convertToFloat(schema, value)));
            case "convertToDouble" -> plain(in(null, () -> Values.convertToDouble(schema, value)));
            case "convertToString" -> plain(in(null, () -> Values.convertToString(schema, value)));
            case "convertToList" -> plain(in(null, () -> Values.convertToList(schema, value)));
            case "convertToMap" -> plain(in(null, () -> Values.convertToMap(schema, value)));
            case "convertToStruct" -> plain(in(null, () -> Values.convertToStruct(schema, value)));
            case "convertToTime" -> plain(in(null, () -> Values.convertToTime(schema, value)));
            case "convertToDate" -> plain(in(null, () -> Values.convertToDate(schema, value)));
            case "convertToTimestamp" -> plain(in(null, () -> Values.convertToTimestamp(schema, value)));
            case "convertToDecimal" -> plain(in(null, () -> Values.convertToDecimal(schema, value, test.get("scale").asInt())));
            default -> throw new Unfit(op, null);
        };
    }

    static ObjectNode plain(Object value) {
        return result(json(value, null));
    }

    /** As long as a pattern takes no longer than anybody would wait for it. */
    static CharSequence bounded(String text) {
        int[] left = {2_000_000};
        return new CharSequence() {
            @Override
            public int length() {
                return text.length();
            }

            @Override
            public char charAt(int index) {
                if (left[0]-- == 0)
                    throw new Unfit("a pattern that takes too long", null);
                return text.charAt(index);
            }

            @Override
            public CharSequence subSequence(int start, int end) {
                return text.subSequence(start, end);
            }

            @Override
            public String toString() {
                return text;
            }
        };
    }

    static ObjectNode regex(JsonNode test) throws Thrown {
        Pattern pattern = in("compile", () -> Pattern.compile(test.get("pattern").asText()));
        CharSequence input = bounded(test.get("input").asText());
        ObjectNode expected = NODES.objectNode();
        try {
            Matcher matcher = pattern.matcher(input);
            boolean matches = matcher.matches();
            expected.put("matches", matches);
            ArrayNode groups = NODES.arrayNode();
            if (matches)
                for (int group = 0; group <= matcher.groupCount(); group++)
                    groups.add(matcher.group(group));
            expected.put("find", pattern.matcher(input).find());
            if (matches)
                expected.set("groups", groups);
            if (test.has("replacement"))
                try {
                    expected.put("replaceFirst", pattern.matcher(input).replaceFirst(test.get("replacement").asText()));
                } catch (IllegalArgumentException | IndexOutOfBoundsException bad) {
                    expected.putObject("replaceError").put("class", bad.getClass().getSimpleName()).put("message", bad.getMessage());
                }
        } catch (StackOverflowError deep) {
            throw new Unfit("a search that is too deep", deep);
        }
        return expected;
    }

    static ObjectNode dates(JsonNode test) throws Thrown {
        SimpleDateFormat format = in(null, () -> new SimpleDateFormat(test.get("pattern").asText(), Locale.US));
        format.setTimeZone(TimeZone.getTimeZone("UTC"));
        // Java's own start of two-digit years moves with the clock; the recorded cases hold it still.
        format.set2DigitYearStart(new Date(-757_382_400_000L));
        ObjectNode expected = NODES.objectNode();
        if (test.get("op").asText().equals("format"))
            return expected.put("text", in(null, () -> format.format(new Date(test.get("epochms").asLong()))));
        ParsePosition position = new ParsePosition(0);
        Date date = in(null, () -> format.parse(test.get("text").asText(), position));
        if (date == null)
            return expected.put("errorIndex", position.getErrorIndex());
        return expected.put("epochms", date.getTime()).put("consumed", position.getIndex());
    }

    static ObjectNode schemas(JsonNode test) throws Thrown {
        switch (test.get("op").asText()) {
            case "validateValue": {
                Schema schema = schema(test.get("schema"));
                Object value = value(test.get("value"), schema);
                in(null, () -> {
                    if (test.get("name").isNull())
                        ConnectSchema.validateValue(schema, value);
                    else
                        ConnectSchema.validateValue(test.get("name").asText(), schema, value);
                    return null;
                });
                return result(NODES.textNode("ok"));
            }
            case "project": {
                Schema source = schema(test.get("source"));
                Schema target = schema(test.get("target"));
                Object value = value(test.get("value"), source);
                return result(json(in(null, () -> SchemaProjector.project(source, value, target)), target));
            }
            case "schemaEquals":
                return result(NODES.booleanNode(Objects.equals(schema(test.get("a")), schema(test.get("b")))));
            case "decimalToBytes": {
                BigDecimal value = (BigDecimal) value(test.get("value"), null);
                return plain(in(null, () -> Decimal.fromLogical(Decimal.schema(test.get("scale").asInt()), value)));
            }
            case "decimalFromBytes": {
                byte[] value = (byte[]) value(test.get("value"), null);
                return plain(in(null, () -> Decimal.toLogical(Decimal.schema(test.get("scale").asInt()), value)));
            }
            default: throw new Unfit("op", null);
        }
    }

    static ObjectNode config(JsonNode test) throws Thrown {
        ConfigDef.Type type = ConfigDef.Type.valueOf(test.get("type").asText());
        Object value = value(test.get("value"), null);
        if (test.get("op").asText().equals("parseType"))
            return plain(in(null, () -> ConfigDef.parseType(test.get("name").asText(), value, type)));
        throw new Unfit("op", null);
    }

    static ObjectNode answer(String file, JsonNode test) throws Exception {
        try {
            return switch (file) {
                case "transforms" -> transform(test);
                case "predicates" -> predicate(test);
                case "json_converter_from" -> convert(new org.apache.kafka.connect.json.JsonConverter(), test, true);
                case "json_converter_to" -> convert(new org.apache.kafka.connect.json.JsonConverter(), test, false);
                case "simple_converters" -> convert((Converter) plugin(test), test, test.get("op").asText().equals("from"));
                case "values" -> values(test);
                case "java_regex" -> regex(test);
                case "simple_date_format" -> dates(test);
                case "schema" -> schemas(test);
                case "config" -> config(test);
                default -> throw new IllegalArgumentException(file);
            };
        } catch (Thrown thrown) {
            return error(thrown);
        }
    }

    public static void main(String[] arguments) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        Locale.setDefault(Locale.US);
        MAPPER.getFactory().configure(JsonGenerator.Feature.ESCAPE_NON_ASCII, true);
        long unfit = 0;
        long answered = 0;
        try (BufferedReader in = Files.newBufferedReader(Path.of(arguments[1])); BufferedWriter out = Files.newBufferedWriter(Path.of(arguments[2]))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                ObjectNode test = (ObjectNode) MAPPER.readTree(line);
                try {
                    ObjectNode expected = answer(arguments[0], test);
                    if (printsIdentity(expected) || !wellFormed(expected))
                        throw new Unfit("an address in memory, or half of a character", null);
                    test.set("expected", expected);
                    out.write(MAPPER.writeValueAsString(test));
                    out.write('\n');
                    answered++;
                } catch (RuntimeException | StackOverflowError left) {
                    unfit++;
                    if (System.getenv("ORACLE_SAYS_WHY") != null)
                        System.err.println(test.get("id") + ": " + left);
                }
            }
        }
        System.err.println(arguments[0] + ": " + answered + " answered, " + unfit + " that Java cannot be asked");
    }
}
