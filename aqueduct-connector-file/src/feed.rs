//! Standard input and pipes, read by a thread of their own: reading them blocks until somebody writes.
//!
//! Bytes enter on the thread and leave in pieces through [`Feed::piece`], which waits without blocking. A thread that
//! is stuck in a read cannot be ended; so standard input has one thread for the whole process, which serves every task
//! that reads it, one after the other, and a pipe's thread ends after the read in which it was when its task went.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// How much is read at a time.
const PIECE: usize = 64 * 1024;

/// How many pieces wait at most, until the thread reads on.
const PIECES: usize = 8;

#[derive(Default)]
struct State {
    pieces: VecDeque<Vec<u8>>,
    /// The last read met the end. The thread tries again when this is unset.
    at_end: bool,
    /// Nobody will ask any more.
    closed: bool,
    wakers: Vec<Waker>,
}

impl State {
    fn wake(&mut self) {
        for waker in self.wakers.drain(..) {
            waker.wake();
        }
    }
}

/// The near end of a thread that reads.
#[derive(Default)]
pub(crate) struct Feed {
    state: Mutex<State>,
    changed: Condvar,
}

impl Feed {
    /// Starts a thread that opens and reads an input.
    pub(crate) fn start<R: Read>(
        name: &str,
        open: impl FnOnce() -> io::Result<R> + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let feed = Arc::new(Self::default());
        let thread = Arc::clone(&feed);
        let name = name.to_owned();
        std::thread::Builder::new().name("file-source-input".to_owned()).spawn(move || match open() {
            Ok(input) => thread.run(&name, input),
            Err(error) => tracing::warn!("Could not open {name}, nothing will be read from it: {error}"),
        })?;
        Ok(feed)
    }

    /// The process's standard input. What a task leaves unread is there for the next.
    pub(crate) fn standard_input() -> io::Result<Arc<Self>> {
        static FEED: Mutex<Option<Arc<Feed>>> = Mutex::new(None);
        let mut feed = FEED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = &*feed {
            return Ok(Arc::clone(feed));
        }
        let started = Self::start("standard input", || Ok(io::stdin()))?;
        *feed = Some(Arc::clone(&started));
        Ok(started)
    }

    /// Waits for bytes; `None` at the end of the input, which may turn out not to be the end after all: a pipe may get
    /// another writer, a terminal goes on after its end-of-file character.
    pub(crate) async fn piece(&self) -> Option<Vec<u8>> {
        std::future::poll_fn(|context| {
            let mut state = self.lock();
            if let Some(piece) = state.pieces.pop_front() {
                self.changed.notify_all();
                return Poll::Ready(Some(piece));
            }
            if state.at_end {
                return Poll::Ready(None);
            }
            if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                state.wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    /// Bytes that are there already.
    pub(crate) fn piece_at_hand(&self) -> Option<Vec<u8>> {
        let piece = self.lock().pieces.pop_front();
        self.changed.notify_all();
        piece
    }

    /// Asks for another read after the end.
    pub(crate) fn try_again(&self) {
        self.lock().at_end = false;
        self.changed.notify_all();
    }

    /// Gives bytes back, to be read first.
    pub(crate) fn put_back(&self, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let mut state = self.lock();
        state.pieces.push_front(bytes);
        state.wake();
    }

    /// Ends the thread when its read returns.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, name: &str, mut input: impl Read) {
        let mut buffer = vec![0; PIECE];
        loop {
            let read = input.read(&mut buffer);
            let mut state = self.lock();
            match read {
                Ok(0) => state.at_end = true,
                Ok(count) => state.pieces.push_back(buffer[..count].to_vec()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::warn!("Could not read {name}, will try again: {error}");
                    state.at_end = true;
                }
            }
            state.wake();
            while !state.closed && (state.at_end || state.pieces.len() >= PIECES) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed {
                return;
            }
        }
    }
}
