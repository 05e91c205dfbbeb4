//! One request of any API to a development broker: whatever the bytes are, it answers or would close the connection.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use aqueduct_devbroker::DevBroker;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().expect("a runtime can be made")
});

fuzz_target!(|frame: &[u8]| {
    RUNTIME.block_on(async {
        // A broker for each input, so that a finding can be repeated alone.
        let broker = DevBroker::builder().start().await.expect("a port is free");
        // A request may wait for others that never come.
        let _ = tokio::time::timeout(Duration::from_secs(3600), broker.answer(frame.to_vec().into())).await;
        broker.stop().await;
    });
});
