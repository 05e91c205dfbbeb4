//! Jars are made here by hand: no JDK is needed.

use std::io::Write;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

const SOURCE_LIST: &str = SERVICES[0];
const SINK_LIST: &str = SERVICES[1];
const SOURCE: &str = CONNECTORS[0];
const SINK: &str = CONNECTORS[1];
const PUBLIC: u16 = 0x0021;

/// A class file as javac lays it out: constants of every kind, then flags, class and parent.
fn class(name: &str, parent: &str, flags: u16) -> Vec<u8> {
    let mut bytes = vec![0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 65];
    let utf8 = |text: &str| {
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        [&[1], length.as_slice(), text.as_bytes()].concat()
    };
    bytes.extend(20u16.to_be_bytes());
    bytes.extend([10, 0, 1, 0, 1]); // 1: a method
    bytes.extend([5, 0, 0, 0, 0, 0, 0, 0, 9]); // 2 and 3: a long
    bytes.extend(utf8(name)); // 4
    bytes.extend([7, 0, 4]); // 5: the class
    bytes.extend([6, 0, 0, 0, 0, 0, 0, 0, 9]); // 6 and 7: a double
    bytes.extend(utf8(parent)); // 8
    bytes.extend([7, 0, 8]); // 9: the parent
    for tag in [3, 4, 9, 11, 12, 18] {
        bytes.extend([tag, 0, 0, 0, 0]); // 10 to 15
    }
    bytes.extend([15, 6, 0, 1]); // 16: a method handle
    for tag in [8, 16, 19] {
        bytes.extend([tag, 0, 4]); // 17 to 19
    }
    bytes.extend(flags.to_be_bytes());
    bytes.extend([0, 5, 0, 9]);
    bytes.extend([0; 8]);
    bytes
}

fn jar(path: &Path, files: &[(&str, Vec<u8>)]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut jar = ZipWriter::new(File::create(path).unwrap());
    for (number, (name, bytes)) in files.iter().enumerate() {
        // Jars hold both: what is small is often not compressed.
        let method = if number % 2 == 0 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        jar.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        jar.write_all(bytes).unwrap();
    }
    jar.finish().unwrap();
}

fn scanned(path: &str, limits: Limits) -> (Vec<JavaPlugin>, Vec<String>) {
    let mut scan = Scan::new(limits);
    scan.path(path);
    let problems = scan.problems.clone();
    (scan.connectors(), problems)
}

/// Makes one jar, scans its folder, and compares the classes that were found and the number of problems.
fn check(files: &[(&str, Vec<u8>)], expect: &[&str], problems: usize) {
    let folder = tempfile::tempdir().unwrap();
    jar(&folder.path().join("a.jar"), files);
    let (found, told) = scanned(folder.path().to_str().unwrap(), LIMITS);
    let classes: Vec<&str> = found.iter().map(|plugin| plugin.class.as_str()).collect();
    assert_eq!(classes, expect, "{told:?}");
    assert_eq!(told.len(), problems, "{told:?}");
}

#[test]
fn connectors_that_a_jar_lists_are_found() {
    check(&[(SOURCE_LIST, b"a.B\n".into())], &["a.B"], 0);
    check(&[(SINK_LIST, b"a.B".into())], &["a.B"], 0);
    check(&[(SINK_LIST, b"a.S".into()), (SOURCE_LIST, b"a.T".into())], &["a.S", "a.T"], 0);
    check(&[(SINK_LIST, b"# licence\r\n\r\n  a.B # the sink\r\n#a.C\r\na.D".into())], &["a.B", "a.D"], 0);
    check(&[(SINK_LIST, b"a.B\na.B".into())], &["a.B"], 0);
    check(&[(SINK_LIST, b"".into())], &[], 0);
    check(&[("META-INF/services/org.apache.kafka.connect.storage.Converter", b"a.B".into())], &[], 0);
}

#[test]
fn connectors_that_a_jar_does_not_list_are_found_by_their_parents() {
    check(&[("a/XConnector.class", class("a/XConnector", SOURCE, PUBLIC))], &["a.XConnector"], 0);
    check(&[("a/XConnector.class", class("a/XConnector", SINK, PUBLIC))], &["a.XConnector"], 0);
    check(&[("a/X$YConnector.class", class("a/X$YConnector", SINK, PUBLIC))], &["a.X$YConnector"], 0);
    check(&[("a/XConnector.class", class("a/XConnector", "java/lang/Object", PUBLIC))], &[], 0);
    check(&[("a/XConnector.class", class("a/XConnector", SINK, PUBLIC | 0x0400))], &[], 0);
    check(&[("a/XConnector.class", class("a/XConnector", SINK, 0x0601))], &[], 0);
    check(&[("a/Sink.class", class("a/Sink", SINK, PUBLIC))], &[], 0);
    let listed = [(SINK_LIST, b"a.XConnector".to_vec()), ("a/XConnector.class", class("a/XConnector", SINK, PUBLIC))];
    check(&listed, &["a.XConnector"], 0);
}

#[test]
fn parents_are_followed_through_the_jar() {
    let base = ("a/Base.class", class("a/Base", SINK, PUBLIC | 0x0400));
    check(&[("a/XConnector.class", class("a/XConnector", "a/Base", PUBLIC)), base], &["a.XConnector"], 0);
    let circle = [
        ("a/XConnector.class", class("a/XConnector", "a/YConnector", PUBLIC)),
        ("a/YConnector.class", class("a/YConnector", "a/XConnector", PUBLIC)),
    ];
    check(&circle, &[], 0);
}

#[test]
fn a_class_that_is_none_is_a_problem_and_the_rest_is_found() {
    let good = ("a/XConnector.class", class("a/XConnector", SINK, PUBLIC));
    let whole = class("a/YConnector", SINK, PUBLIC);
    let cut = whole[..whole.len() - 14].to_vec();
    let mut unknown = whole.clone();
    unknown[10] = 99;
    let mut no_name = whole;
    no_name[11..13].copy_from_slice(&[0xFF, 0xFF]);
    let at = no_name.len() - 12;
    no_name[at..at + 2].copy_from_slice(&[0, 1]);
    for bad in [b"".to_vec(), b"text".to_vec(), vec![0; 64], cut, unknown, no_name] {
        check(&[("a/YConnector.class", bad), good.clone()], &["a.XConnector"], 1);
    }
}

#[test]
fn folders_are_entered_and_parents_followed_from_jar_to_jar() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    jar(&at("one/lib/base.jar"), &[("b/BaseConnector.class", class("b/BaseConnector", SOURCE, 0x0421))]);
    jar(&at("one/lib/x.JAR"), &[("a/XConnector.class", class("a/XConnector", "b/BaseConnector", PUBLIC))]);
    jar(&at("two.zip"), &[(SINK_LIST, b"a.Zip".into())]);
    jar(&at("three/not-a-jar.tar"), &[(SINK_LIST, b"a.Tar".into())]);
    fs::create_dir_all(at("four/META-INF/services")).unwrap();
    fs::write(at("four").join(SOURCE_LIST), "a.Loose").unwrap();
    fs::create_dir_all(at("four/c")).unwrap();
    fs::write(at("four/c/YConnector.class"), class("c/YConnector", SINK, PUBLIC)).unwrap();
    std::os::unix::fs::symlink(folder.path(), at("four/back")).unwrap();
    std::os::unix::fs::symlink(at("gone"), at("four/dangling")).unwrap();
    let (found, problems) = scanned(folder.path().to_str().unwrap(), LIMITS);
    let expect =
        |class: &str, place: PathBuf| JavaPlugin { class: class.into(), location: place.display().to_string() };
    assert_eq!(
        found,
        [
            expect("a.Loose", at("four").join(SOURCE_LIST)),
            expect("a.XConnector", at("one/lib/x.JAR")),
            expect("a.Zip", at("two.zip")),
            expect("c.YConnector", at("four/c/YConnector.class")),
        ]
    );
    assert_eq!(problems, [""; 0]);
}

#[test]
fn a_path_lists_folders_and_jars_and_what_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let text = |name: &str| at(name).display().to_string();
    jar(&at("one/a.jar"), &[(SINK_LIST, b"a.One".into())]);
    jar(&at("two.jar"), &[(SINK_LIST, b"a.Two\na.One".into())]);
    fs::write(at("broken.jar"), "no jar at all").unwrap();
    fs::write(at("notes.txt"), "").unwrap();
    let names = ["one", "missing", "broken.jar", "notes.txt", "two.jar"].map(text);
    let (found, problems) = scanned(&format!("{} ,", names.join(" , ")), LIMITS);
    let expect = |class: &str, place: &str| JavaPlugin { class: class.into(), location: text(place) };
    assert_eq!(found, [expect("a.One", "one/a.jar"), expect("a.Two", "two.jar")]);
    let starts = [
        format!("Could not get listing for plugin path: {}. Ignoring. (", text("missing")),
        format!("Could not read {} in plugin path. Ignoring. (", text("broken.jar")),
        format!("Could not get listing for plugin path: {}. Ignoring. (", text("notes.txt")),
        "Plugin path element is empty".to_owned(),
    ];
    assert_eq!(problems.len(), starts.len(), "{problems:?}");
    for (problem, start) in problems.iter().zip(&starts) {
        assert!(problem.starts_with(start), "{problem} does not start with {start}");
    }
}

#[test]
fn a_scan_ends_at_its_limits_and_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..5 {
        let name = format!("a/X{number}Connector");
        let file = (format!("{name}.class"), class(&name, SINK, PUBLIC));
        jar(&folder.path().join(format!("{number}.jar")), &[(file.0.as_str(), file.1)]);
    }
    let path = folder.path().to_str().unwrap();
    let (found, problems) = scanned(path, Limits { classes: 2, ..LIMITS });
    assert_eq!(found.len(), 2);
    assert_eq!(problems, ["plugin.path holds too many classes: the rest is not looked at"]);
    let (found, problems) = scanned(path, Limits { files: 2, ..LIMITS });
    assert_eq!(found.len(), 2);
    assert_eq!(problems, ["plugin.path holds too many files: the rest is not looked at"]);
}
