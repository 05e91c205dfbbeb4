//! Properties files.

use aqueduct_jvm::properties;

/// Reads the bytes as a file, and as a text where they are one.
pub(super) fn read(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).ok().map(|text| (text.chars().count(), properties::load_text(text)));
    for (length, loaded) in [Some((bytes.len(), properties::load(bytes))), text].into_iter().flatten() {
        match loaded {
            // Nothing comes from nowhere: an escape is longer than what it stands for.
            Ok(entries) => {
                let held: usize = entries.iter().map(|(key, value)| key.chars().count() + value.chars().count()).sum();
                assert!(held <= length, "{held} characters of {length}");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    [
        "# comment\nname=local-file-source\nconnector.class = FileStreamSource\n! other\nfile: test.txt\n",
        "a\\ b\\==c\\\n   d\\u00e9\\t\\\\\r\nk v\r\\\r\n\n=x\n",
        "a=\\ud83d\\ude00\nb=\\uD83D\nc=\\u12\n",
        "  \\\n  \\\n\u{e9}=\u{1F600}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
