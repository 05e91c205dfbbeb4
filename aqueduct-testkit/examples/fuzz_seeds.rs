//! Writes the inputs that every fuzz target starts from, into `corpus/TARGET/` of the folder that is the argument.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "fuzz".to_owned());
    for target in aqueduct_testkit::hostile::TARGETS {
        let corpus = Path::new(&folder).join("corpus").join(target.name);
        std::fs::create_dir_all(&corpus)?;
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            std::fs::write(corpus.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
