import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.apache.maven.artifact.versioning.DefaultArtifactVersion;
import org.apache.maven.artifact.versioning.VersionRange;

/** How versions compare, and which versions ranges hold. */
public class RecordVersions {
    private static final String[] VERSIONS = {
        "1", "1.0", "1.0.0", "01", "1.0.1", "1.1", "1.10", "1.9", "2", "0", "0.0", "", "undefined", "latest",
        "1-alpha", "1-alpha-1", "1a1", "1-a1", "1a", "1-beta", "1b2", "1-milestone", "1-m1", "1m3", "1-rc", "1-rc1",
        "1-rc2", "1-cr1", "1.0.RC1", "1-SNAPSHOT", "1.0-SNAPSHOT", "1-ga", "1-final", "1.final", "1-release",
        "1.0-final", "1-sp", "1-sp1", "1-abc", "1-xyz", "1.abc", "1-1", "1-2", "1-10", "1.1-1", "1.0-1", "1-0",
        "1-0-1", "1..1", "1.-1", "-1", "1-", "1.", "x", "x1", "1x", "1x2", "1.x.2", "4.3.1", "4.3.2-SNAPSHOT",
        "4.3.1+aqueduct.0.1.0", "4.3.1-aqueduct", "20240101", "99999999999999999999999", "1.0.0-alpha.1",
        "1.0.0-alpha.beta", "1.0.0-alpha", "1.0-alpha1-SNAPSHOT", "7.5.0-ccs", "7.5.0-1-ccs", "1_0", "1.0.0.Final",
        "1.0.0.Beta1", "v1", "1-pfd", "1é", "\u0661",
    };

    private static final String[] REQUIREMENTS = {
        null, "", "latest", " ", "LATEST", "1.0", " 1.0 ", "[1.0]", "[ 1.0 ]", "(1.0)", "[1.0)", "(1.0]", "[1,2]",
        "[1,2)", "(1,2]", "(1,2)", "[1,1]", "(1,1)", "[1,1)", "[1,1.0]", "(1,1.0)", "[,]", "(,)", "[,1]", "(,1]",
        "[1,)", "[1,]", "(1,]", "[2,1]", "[1,2],[3,4]", "[1,2],[2,3]", "[1,2),[2,3]", "[1,2),(2,3]", "[1,3],[2,4]",
        "[3,4],[1,2]", "[1,],[3,4]", "[1,2],[,4]", "[1,2][3,4]", "[1,2] , [3,4]", "[1,2],", "[1,2],3", "3,[1,2]",
        "[1", "1]", "(1", "[1,2", "[1,2,3]", "[]", "()", "bad[", "bad]", "[a,b]", "[[1,2]]", "[1,2])", "4.3.1",
        "[4,5)", "(,4.3.1),(4.3.1,)", "[4.3.1,]", " [4,5) ", "[1.0,1.0.0]", "1.0,2.0", "1,2",
    };

    private static final String[] PROBES = {
        "0.9", "1", "1.0", "1.5", "2", "2.5", "3", "4", "4.3.1", "5", "",
    };

    public static void main(String[] args) throws Exception {
        for (String version : VERSIONS) {
            StringBuilder compared = new StringBuilder();
            for (String other : VERSIONS) {
                int order = new DefaultArtifactVersion(version).compareTo(new DefaultArtifactVersion(other));
                compared.append(order < 0 ? '<' : order > 0 ? '>' : '=');
            }
            ObjectNode line = Lines.line();
            line.put("version", version);
            line.put("compared", compared.toString());
            Lines.print(line);
        }
        Method requirement = Class.forName("org.apache.kafka.connect.runtime.isolation.PluginUtils")
                .getDeclaredMethod("connectorVersionRequirement", String.class);
        requirement.setAccessible(true);
        for (String text : REQUIREMENTS) {
            ObjectNode line = Lines.line();
            line.put("requirement", text);
            try {
                VersionRange range = (VersionRange) requirement.invoke(null, text);
                line.put("range", range == null ? null : range.toString());
                if (range != null) {
                    StringBuilder contains = new StringBuilder();
                    for (String probe : PROBES) {
                        contains.append(range.containsVersion(new DefaultArtifactVersion(probe)) ? 'y' : 'n');
                    }
                    line.put("contains", contains.toString());
                }
            } catch (InvocationTargetException error) {
                Lines.error(line, error.getCause());
            }
            Lines.print(line);
        }
        ObjectNode line = Lines.line();
        ArrayNode probes = line.putArray("probes");
        for (String probe : PROBES) {
            probes.add(probe);
        }
        Lines.print(line);
    }
}
