//! Writes the requests that the fuzz target `broker_request` starts from into the folder that is the argument.

#[path = "../tests/client/mod.rs"]
mod client;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "fuzz/corpus/broker_request".to_owned());
    std::fs::create_dir_all(&folder)?;
    for (number, request) in client::requests().into_iter().enumerate() {
        std::fs::write(format!("{folder}/seed-{number}"), request)?;
    }
    Ok(())
}
