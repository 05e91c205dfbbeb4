//! `org.apache.kafka.connect.json.JsonConverter`.

use aqueduct_api::{ConfigMap, ConnectError, Converter, HeaderConverter, RawHeaders};
use aqueduct_data::{ByteString, Bytes, Payload, SchemaAndValue, SchemaRef};
use bytes::Buf as _;

use crate::charset;
use crate::config::Config;
use crate::fault::Fault;
use crate::label::LabelCache;
use crate::parser;
use crate::read::{Reader, SchemaCache};
use crate::scan;
use crate::tape::{Document, Kind, Tape};
use crate::write::{Buffer, EnvelopeCache, Writer};

/// Strings of up to so many bytes are within all limits.
const LONG: usize = 1024 * 1024;

const NO_ENVELOPE: &str = "JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields and may not \
                           contain additional fields. If you are trying to deserialize plain JSON data, set \
                           schemas.enable=false in your converter configuration.";

/// Converts between values and JSON, with or without their schemas.
///
/// ```
/// use aqueduct_api::Converter;
/// use aqueduct_api::data::{Schema, SchemaAndValue};
/// use aqueduct_json::JsonConverter;
///
/// let mut converter = JsonConverter::configure(&Default::default(), false)?;
/// let five = SchemaAndValue::new(Schema::int32(), 5);
/// let json = converter.from_connect_data("topic", &mut Vec::new(), &five)?;
/// assert_eq!(json.as_deref(), Some(&br#"{"schema":{"type":"int32","optional":false},"payload":5}"#[..]));
/// assert_eq!(converter.to_connect_data("topic", &Vec::new(), json.map(Into::into))?, five);
/// # Ok::<(), aqueduct_api::ConnectError>(())
/// ```
#[derive(Debug)]
pub struct JsonConverter {
    config: Config,
    /// The schema of everything that is read, from `schema.content`.
    content_schema: Option<SchemaRef>,
    tape: Tape,
    reader: Reader,
    schemas: SchemaCache,
    /// What the envelope read last starts with, up to its payload, with the schema.
    last_envelope: Option<(Box<[u8]>, Option<SchemaRef>)>,
    envelopes: EnvelopeCache,
    out: Buffer,
    labels: LabelCache,
}

impl JsonConverter {
    /// A converter of keys or values.
    ///
    /// # Errors
    /// `ConfigException` when a configuration is not valid, `DataException` when `schema.content` is no schema.
    pub fn configure(props: &ConfigMap, is_key: bool) -> Result<Self, ConnectError> {
        Self::new(Config::parse(props, if is_key { "key" } else { "value" })?)
    }

    /// A converter of headers.
    ///
    /// # Errors
    /// As [`JsonConverter::configure`].
    pub fn configure_for_headers(props: &ConfigMap) -> Result<Self, ConnectError> {
        Self::new(Config::parse(props, "header")?)
    }

    fn new(config: Config) -> Result<Self, ConnectError> {
        let mut converter = Self {
            content_schema: None,
            tape: Tape::default(),
            reader: Reader::new(config.replace_null),
            schemas: SchemaCache::new(config.cache_size),
            last_envelope: None,
            envelopes: EnvelopeCache::new(config.cache_size),
            out: Buffer::default(),
            labels: LabelCache::default(),
            config,
        };
        if let Some(content) = converter.config.schema_content.take() {
            converter.content_schema = converter.schema(&content.into())?;
        }
        Ok(converter)
    }

    /// The schema that this text is the JSON form of.
    fn schema(&mut self, content: &Bytes) -> Result<Option<SchemaRef>, ConnectError> {
        let recoded = parse(content, &mut self.tape).map_err(|fault| {
            ConnectError::data("Failed to parse schema in converter config due to serialization error: ")
                .caused_by(fault.into_error(content))
        })?;
        let document = Document { text: recoded.as_ref().unwrap_or(content), tokens: &self.tape.tokens };
        self.schemas.schema(&mut self.reader, document.root())
    }

    fn write(&mut self, data: &SchemaAndValue) -> Result<Option<Payload>, ConnectError> {
        let schema = data.schema.as_ref();
        if schema.is_none() && data.value.is_null() {
            return Ok(None);
        }
        let Config { decimal_format, replace_null, schemas_enable, .. } = self.config;
        // A value that failed has left its beginning behind.
        self.out.clear();
        if schemas_enable {
            self.out.raw(self.envelopes.beginning(schema, decimal_format, replace_null)?);
        }
        let depth = schemas_enable.into();
        Writer::new(&mut self.out, &mut self.labels, decimal_format, replace_null, depth).value(schema, &data.value)?;
        if schemas_enable {
            self.out.raw(b"}");
        }
        Ok(Some(self.out.take()))
    }

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue, ConnectError> {
        let Some(mut text) = bytes else { return Ok(SchemaAndValue::NULL) };
        let in_envelope = self.config.schemas_enable && self.content_schema.is_none();
        if in_envelope {
            if let Some(known) = self.read_known_envelope(&text)? {
                return Ok(known);
            }
        } else {
            let schema = self.content_schema.as_ref().filter(|_| self.config.schemas_enable);
            if schema.is_none() && is_plain_text(&text) {
                // The buffer is handed on as it is, without its quotes.
                text.truncate(text.len() - 1);
                text.advance(1);
                return Ok(SchemaAndValue::schemaless(ByteString::try_from(text).expect("ASCII is UTF-8")));
            }
            if let Some((value, end)) = self.reader.read_expected(schema, (&text, 0), 0, &mut self.tape)
                && end == text.len()
            {
                return Ok(SchemaAndValue { schema: schema.cloned(), value });
            }
        }
        let recoded = parse(&text, &mut self.tape).map_err(|fault| {
            ConnectError::data("Converting byte[] to Kafka Connect data failed due to serialization error: ")
                .caused_by(fault.into_error(&text))
        })?;
        let text = recoded.as_ref().unwrap_or(&text);
        let document = Document { text, tokens: &self.tape.tokens };
        if !in_envelope {
            let schema = self.content_schema.as_ref().filter(|_| self.config.schemas_enable);
            let value = self.reader.read(schema, document.root())?;
            return Ok(SchemaAndValue { schema: schema.cloned(), value });
        }
        self.read_envelope(text)
    }

    /// Reads an envelope that starts as the last one did. None is answered when it does not, or when it goes on behind
    /// the payload, or is malformed.
    fn read_known_envelope(&mut self, text: &Bytes) -> Result<Option<SchemaAndValue>, ConnectError> {
        let Some((beginning, schema)) = &self.last_envelope else { return Ok(None) };
        if !text.starts_with(beginning) {
            return Ok(None);
        }
        let start = (text, beginning.len());
        if let Some((value, end)) = self.reader.read_expected(schema.as_ref(), start, 1, &mut self.tape)
            && text[end..] == *b"}"
        {
            return Ok(Some(SchemaAndValue { schema: schema.clone(), value }));
        }
        let Ok(true) = parser::parse_last_member(text, beginning.len(), &mut self.tape) else { return Ok(None) };
        let document = Document { text, tokens: &self.tape.tokens };
        let value = self.reader.read(schema.as_ref(), document.root())?;
        Ok(Some(SchemaAndValue { schema: schema.clone(), value }))
    }

    /// Reads an envelope that is on the tape.
    fn read_envelope(&mut self, text: &Bytes) -> Result<SchemaAndValue, ConnectError> {
        let envelope = Document { text, tokens: &self.tape.tokens }.root();
        let (mut schema, mut payload) = (None, None);
        let mut others = envelope.kind() != Kind::Object;
        for (name, value) in envelope.members() {
            match () {
                () if name.is_text("schema") => schema = Some(value),
                () if name.is_text("payload") => payload = Some(value),
                () => others = true,
            }
        }
        let (Some(schema), Some(payload), false) = (schema, payload, others) else {
            return Err(ConnectError::data(NO_ENVELOPE));
        };
        let text_before = envelope.text_up_to(payload);
        let schema_text = schema.raw();
        let schema = self.schemas.schema(&mut self.reader, schema)?;
        let value = self.reader.read(schema.as_ref(), payload)?;
        // Whatever comes between would be read as the same schema again.
        let known = text_before.strip_prefix(b"{\"schema\":").and_then(|rest| rest.strip_prefix(schema_text));
        if known == Some(b",\"payload\":") {
            self.last_envelope = Some((text_before.into(), schema.clone()));
        }
        Ok(SchemaAndValue { schema, value })
    }
}

/// Whether a text is a string of ASCII without escapes and nothing else.
#[inline]
fn is_plain_text(text: &[u8]) -> bool {
    match text {
        [b'"', content @ .., b'"'] => content.len() <= LONG && scan::plain_ascii(content) == content.len(),
        _ => false,
    }
}

/// Parses a text; answers it in UTF-8 when it is in another encoding.
fn parse(text: &[u8], tape: &mut Tape) -> Result<Option<Bytes>, Fault> {
    let (start, recoded) = charset::to_utf8(text)?;
    parser::parse(recoded.as_deref().unwrap_or(text), start, tape)?;
    Ok(recoded)
}

impl Converter for JsonConverter {
    fn from_connect_data(
        &mut self,
        _topic: &str,
        _headers: &mut RawHeaders,
        data: &SchemaAndValue,
    ) -> Result<Option<Payload>, ConnectError> {
        self.write(data)
    }

    fn to_connect_data(
        &mut self,
        _topic: &str,
        _headers: &RawHeaders,
        bytes: Option<Bytes>,
    ) -> Result<SchemaAndValue, ConnectError> {
        self.read(bytes)
    }
}

impl HeaderConverter for JsonConverter {
    fn from_connect_header(
        &mut self,
        _topic: &str,
        _key: &str,
        data: &SchemaAndValue,
    ) -> Result<Option<Bytes>, ConnectError> {
        Ok(self.write(data)?.map(Payload::into_bytes))
    }

    fn to_connect_header(
        &mut self,
        _topic: &str,
        _key: &str,
        bytes: Option<Bytes>,
    ) -> Result<SchemaAndValue, ConnectError> {
        self.read(bytes)
    }
}
