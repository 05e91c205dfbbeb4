import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** Objects as lines of JSON on standard output. */
final class Lines {
    static final ObjectMapper JSON = new ObjectMapper();

    static ObjectNode line() {
        return JSON.createObjectNode();
    }

    static void print(ObjectNode line) throws Exception {
        System.out.println(JSON.writeValueAsString(line));
    }

    static void error(ObjectNode line, Throwable error) {
        line.put("class", error.getClass().getName());
        line.put("message", error.getMessage());
    }

    /** A map of keys and values, given by turns. */
    static Map<String, String> map(String... keysAndValues) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    /** Whether a text is an object's identity, which differs from run to run. */
    static boolean isIdentity(String text) {
        return text != null && (text.contains("@") || text.contains("$$Lambda"));
    }

    private Lines() {
    }
}
