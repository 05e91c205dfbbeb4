//! A plugin's panic becomes a FAILED task with its trace, never a dead worker.
//!
//! The panic hook notes where the panic happened; whoever runs the plugin catches it on the same thread and takes the note.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, PanicHookInfo};

use aqueduct_api::{ConnectError, ErrorKind};
use futures_util::FutureExt;

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes panics leave a note of where they happened instead of writing to the console. Call it once, at start.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!("panic at {place}: {}", text(info.payload()));
        PLACE.with_borrow_mut(|noted| *noted = Some(place));
    }));
}

/// Runs a plugin's future; a panic becomes an error of kind [`ErrorKind::Panic`].
pub(crate) async fn caught<T>(future: impl Future<Output = Result<T, ConnectError>>) -> Result<T, ConnectError> {
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(payload) => {
            let place = PLACE.with_borrow_mut(Option::take).unwrap_or_else(|| "an unknown place".to_owned());
            Err(ConnectError::with_kind(ErrorKind::Panic, format!("panic: {}", text(payload.as_ref()))).at(place))
        }
    }
}

fn text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_error_with_its_message_and_place() {
        install_hook();
        let error = caught::<()>(async { panic!("the plugin broke") }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panic);
        assert_eq!(error.message(), Some("panic: the plugin broke"));
        assert!(error.trace().contains("panics.rs"), "{}", error.trace());
    }
}
