//! Handing records to librdkafka and reading their end.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};
use std::slice;
use std::sync::Arc;

use bytes::Bytes;

use super::Client;
use super::client::check;
use super::ffi::*;
use super::text::c_text;
use crate::codes;
use crate::error::KafkaError;
use crate::record::Header;

/// A topic of a producer, looked up once.
pub(crate) struct Topic {
    pointer: NonNull<rd_kafka_topic_t>,
    client: Arc<Client>,
}

// SAFETY: rule 2.
unsafe impl Send for Topic {}
// SAFETY: rule 2.
unsafe impl Sync for Topic {}

impl Topic {
    /// The topic called `name`, whether it exists or not. Fails for a name that no topic can have.
    pub(crate) fn open(client: &Arc<Client>, name: &str) -> Result<Topic, KafkaError> {
        let c_name = c_text(name)?;
        // SAFETY: the instance is valid, the name is copied, null stands for the default topic configuration.
        let pointer = unsafe { rd_kafka_topic_new(client.raw(), c_name.as_ptr(), null_mut()) };
        match NonNull::new(pointer) {
            Some(pointer) => Ok(Topic { pointer, client: Arc::clone(client) }),
            None => {
                // SAFETY: no arguments; the code of the call just made on this thread.
                check(unsafe { rd_kafka_last_error() }, name)?;
                Err(KafkaError::from_code(codes::INVALID_TOPIC, name))
            }
        }
    }

    /// Takes a copy of a record, to be sent soon. `partition` -1 lets the partitioner choose, `timestamp` 0 means now.
    /// `token` comes back with the result. On failure nothing was taken and the code of the error is answered.
    pub(crate) fn produce(
        &self,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: Option<NativeHeaders>,
        timestamp: i64,
        token: u64,
    ) -> Result<(), i32> {
        let (key_pointer, key_size) = parts(key);
        let (value_pointer, value_size) = parts(value);
        let headers_pointer = headers.as_ref().map_or(null_mut(), |headers| headers.0.as_ptr());
        // SAFETY: the arguments after each tag have the type that the tag announces; key and value are copied during the
        // call; the token is a number in the place of a pointer that nobody follows.
        let code = unsafe {
            rd_kafka_producev(
                self.client.raw(),
                rd_kafka_vtype_t::RD_KAFKA_VTYPE_RKT,
                self.pointer.as_ptr(),
                rd_kafka_vtype_t::RD_KAFKA_VTYPE_PARTITION,
                partition,
                rd_kafka_vtype_t::RD_KAFKA_VTYPE_MSGFLAGS,
                RD_KAFKA_MSG_F_COPY,
                rd_kafka_vtype_t::RD_KAFKA_VTYPE_VALUE,
                value_pointer,
                value_size,
                rd_kafka_vtype_t::RD_KAFKA_VTYPE_KEY,
                key_pointer,
                key_size,
                rd_kafka_vtype_t::RD_KAFKA_VTYPE_OPAQUE,
                token as usize as *mut c_void,
                rd_kafka_vtype_t::RD_KAFKA_VTYPE_TIMESTAMP,
                timestamp,
                rd_kafka_vtype_t::RD_KAFKA_VTYPE_HEADERS,
                headers_pointer,
                rd_kafka_vtype_t::RD_KAFKA_VTYPE_END,
            )
        };
        if code != codes::NONE {
            return Err(code);
        }
        // The record owns its headers now.
        std::mem::forget(headers);
        Ok(())
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // SAFETY: the reference is ours and not used any more; records in the queue hold their own.
        unsafe { rd_kafka_topic_destroy(self.pointer.as_ptr()) };
    }
}

/// Pointer and length; null for `None`, which an empty slice never is.
fn parts(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
    bytes.map_or((null_mut(), 0), |bytes| (bytes.as_ptr().cast_mut().cast(), bytes.len()))
}

/// Record headers in librdkafka's form, not yet given to a record.
pub(crate) struct NativeHeaders(NonNull<rd_kafka_headers_t>);

impl NativeHeaders {
    /// A copy of `headers`; `None` when there are none.
    pub(crate) fn of(headers: &[Header]) -> Option<NativeHeaders> {
        if headers.is_empty() {
            return None;
        }
        // SAFETY: any count is fine; never null.
        let list = NonNull::new(unsafe { rd_kafka_headers_new(headers.len()) })?;
        for (name, value) in headers {
            let (value_pointer, value_size) = parts(value.as_deref());
            let (name_size, value_size) = (name.len() as isize, value_size as isize);
            // SAFETY: the list is ours; name and value are copied, with the sizes given. Adding fails only for a list
            // that is read-only, which this one is not.
            unsafe { rd_kafka_header_add(list.as_ptr(), name.as_ptr().cast(), name_size, value_pointer, value_size) };
        }
        Some(NativeHeaders(list))
    }
}

impl Drop for NativeHeaders {
    fn drop(&mut self) {
        // SAFETY: the list is ours: `produce` forgets those that it gave away.
        unsafe { rd_kafka_headers_destroy(self.0.as_ptr()) };
    }
}

/// A record that came to its end, as long as its event lives.
pub(crate) struct DeliveredMessage<'event> {
    pointer: NonNull<rd_kafka_message_t>,
    event: PhantomData<&'event ()>,
}

impl DeliveredMessage<'_> {
    /// # Safety
    /// `pointer` is null or a message that lives as long as the answer and is used by nobody else.
    pub(super) unsafe fn wrap(pointer: *const rd_kafka_message_t) -> Option<Self> {
        NonNull::new(pointer.cast_mut()).map(|pointer| DeliveredMessage { pointer, event: PhantomData })
    }

    fn raw(&self) -> *mut rd_kafka_message_t {
        self.pointer.as_ptr()
    }

    /// The number given to [`Topic::produce`].
    pub(crate) fn token(&self) -> u64 {
        // SAFETY: the message is valid; the pointer is a number of ours.
        unsafe { (*self.raw())._private as usize as u64 }
    }

    /// Why it was not written, 0 when it was.
    pub(crate) fn code(&self) -> i32 {
        // SAFETY: the message is valid; rule 4.
        unsafe { (&raw const (*self.raw()).err).cast::<c_int>().read() }
    }

    /// Whether it is certain that no broker has it.
    pub(crate) fn is_not_persisted(&self) -> bool {
        // SAFETY: the message is valid; the status is set by librdkafka alone.
        unsafe { rd_kafka_message_status(self.raw()) == rd_kafka_msg_status_t::RD_KAFKA_MSG_STATUS_NOT_PERSISTED }
    }

    pub(crate) fn partition(&self) -> i32 {
        // SAFETY: the message is valid.
        unsafe { (*self.raw()).partition }
    }

    pub(crate) fn offset(&self) -> i64 {
        // SAFETY: the message is valid.
        unsafe { (*self.raw()).offset }
    }

    pub(crate) fn timestamp(&self) -> i64 {
        let mut kind = rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is valid.
        unsafe { rd_kafka_message_timestamp(self.raw(), &raw mut kind) }
    }

    pub(crate) fn key(&self) -> Option<&[u8]> {
        // SAFETY: the message is valid and borrowed; key and length belong together.
        unsafe { bytes_at((*self.raw()).key, (*self.raw()).key_len) }
    }

    pub(crate) fn value(&self) -> Option<&[u8]> {
        // SAFETY: as for `key`.
        unsafe { bytes_at((*self.raw()).payload, (*self.raw()).len) }
    }

    /// The name of its topic.
    pub(crate) fn topic(&self) -> String {
        // SAFETY: the message is valid and holds a reference to its topic, whose name is a text (rule 3).
        unsafe { super::text::owned(rd_kafka_topic_name((*self.raw()).rkt)) }
    }

    /// The size of its headers' keys and values together.
    pub(crate) fn headers_size(&self) -> usize {
        let mut headers = null_mut();
        // SAFETY: the message is valid; the headers stay with it.
        if unsafe { rd_kafka_message_headers(self.raw(), &raw mut headers) } != codes::NONE {
            return 0;
        }
        let mut size = 0;
        // SAFETY: the list is valid and nobody changes it.
        unsafe { each_header(headers, |name, value| size += name.len() + value.map_or(0, <[u8]>::len)) };
        size
    }

    /// Takes its headers away, to give them to another record.
    pub(crate) fn take_headers(&mut self) -> Option<NativeHeaders> {
        let mut headers = null_mut();
        // SAFETY: the message is valid and borrowed mutably; on success the headers are ours.
        let code = unsafe { rd_kafka_message_detach_headers(self.raw(), &raw mut headers) };
        if code == codes::NONE { NonNull::new(headers).map(NativeHeaders) } else { None }
    }
}

/// # Safety
/// `pointer` is null or points at `size` bytes that nobody changes while the answer lives.
pub(super) unsafe fn bytes_at<'a>(pointer: *const c_void, size: usize) -> Option<&'a [u8]> {
    // SAFETY: not null in this branch, and as promised by the caller.
    (!pointer.is_null()).then(|| unsafe { slice::from_raw_parts(pointer.cast(), size) })
}

/// Hands each header to `each`.
///
/// # Safety
/// `headers` is a valid list that nobody changes during the call.
pub(super) unsafe fn each_header(headers: *const rd_kafka_headers_t, mut each: impl FnMut(&[u8], Option<&[u8]>)) {
    for index in 0.. {
        let (mut name, mut value, mut size) = (std::ptr::null(), std::ptr::null(), 0);
        // SAFETY: the list is valid; an index past the end is answered with an error.
        let code = unsafe { rd_kafka_header_get_all(headers, index, &raw mut name, &raw mut value, &raw mut size) };
        if code != codes::NONE {
            return;
        }
        // SAFETY: the name is a text and the value `size` bytes or null, both living as long as the list.
        unsafe { each(CStr::from_ptr(name).to_bytes(), bytes_at(value, size)) };
    }
}

/// Headers in our form.
///
/// # Safety
/// As [`each_header`].
pub(super) unsafe fn owned_headers(headers: *const rd_kafka_headers_t) -> Vec<Header> {
    let mut owned = Vec::new();
    // SAFETY: as promised by the caller.
    unsafe {
        each_header(headers, |name, value| {
            let name = String::from_utf8_lossy(name).into_owned().into();
            owned.push((name, value.map(Bytes::copy_from_slice)));
        });
    }
    owned
}
