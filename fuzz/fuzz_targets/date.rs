//! Fuzzes dates by `SimpleDateFormat`: `aqueduct_testkit::hostile` says what goes in and what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let target = aqueduct_testkit::hostile::target("date").expect("it is listed");
    (target.read)(bytes);
});
