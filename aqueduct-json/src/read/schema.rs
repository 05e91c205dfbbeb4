//! Schemas: from their JSON form, kept in a cache.

use std::collections::HashMap;

use aqueduct_api::{ConnectError, ErrorKind};
use aqueduct_data::{SchemaBuilder, SchemaRef, Type, Value};

use super::Reader;
use crate::number;
use crate::tape::{Kind, Node};
use crate::type_name;

/// Schemas by the text of their JSON form.
///
/// When the cache is full it starts anew: it should hold all schemas in use, and when it cannot, hardly any rule would
/// help.
#[derive(Debug)]
pub(crate) struct SchemaCache {
    size: usize,
    schemas: HashMap<Box<[u8]>, SchemaRef>,
}

impl SchemaCache {
    /// A cache of so many schemas (`schemas.cache.size`).
    pub(crate) fn new(size: usize) -> Self {
        Self { size, schemas: HashMap::new() }
    }

    /// The schema of this JSON form.
    pub(crate) fn schema(&mut self, reader: &mut Reader, node: Node<'_>) -> Result<Option<SchemaRef>, ConnectError> {
        if node.kind() == Kind::Null {
            return Ok(None);
        }
        if let Some(schema) = self.schemas.get(node.raw()) {
            return Ok(Some(schema.clone()));
        }
        let schema = reader.schema(node)?.lasting();
        if self.schemas.len() >= self.size {
            self.schemas.clear();
        }
        if self.size > 0 {
            self.schemas.insert(node.raw().into(), schema.clone());
        }
        Ok(Some(schema))
    }
}

impl Reader {
    /// The schema of a JSON form that is not null.
    fn schema(&mut self, node: Node<'_>) -> Result<SchemaRef, ConnectError> {
        let Some(name) = node.get("type").and_then(Node::as_text) else {
            return Err(ConnectError::data("Schema must contain 'type' field"));
        };
        let Some(r#type) = type_name::parse(&name) else {
            return Err(ConnectError::data(format!("Unknown schema type: {name}")));
        };
        let mut builder = match r#type {
            Type::Array => {
                let elements = node.get("items").filter(|items| items.kind() != Kind::Null);
                let elements =
                    elements.ok_or_else(|| ConnectError::data("Array schema did not specify the element type"))?;
                SchemaBuilder::array(self.schema(elements)?)
            }
            Type::Map => self.map_schema(node)?,
            Type::Struct => self.struct_schema(node)?,
            _ => SchemaBuilder::new(r#type),
        };
        if node.get("optional").is_some_and(|optional| optional.kind() == Kind::True) {
            builder = builder.optional();
        }
        if let Some(name) = node.get("name").and_then(Node::as_text) {
            builder = builder.name(name);
        }
        if let Some(version) = node.get("version").filter(|version| version.kind() == Kind::Integer) {
            builder = builder.version(number::integer(version.raw()) as i32);
        }
        if let Some(doc) = node.get("doc").and_then(Node::as_text) {
            builder = builder.doc(&*doc);
        }
        if let Some(parameters) = node.get("parameters").filter(|parameters| parameters.kind() == Kind::Object) {
            let from = self.gather(parameters);
            for member in self.members.split_off(from) {
                let [name, value] = member.nodes(node.document());
                let value = value.as_text();
                let value = value.ok_or_else(|| ConnectError::data("Schema parameters must have string values."))?;
                builder = builder.parameter(&*name.text(), &*value);
            }
        }
        if let Some(default) = node.get("default") {
            builder = self.with_default(builder, default)?;
        }
        Ok(builder.build()?)
    }

    fn map_schema(&mut self, node: Node<'_>) -> Result<SchemaBuilder, ConnectError> {
        let keys = node.get("keys").ok_or_else(|| ConnectError::data("Map schema did not specify the key type"))?;
        let values =
            node.get("values").ok_or_else(|| ConnectError::data("Map schema did not specify the value type"))?;
        let mut part = |node: Node<'_>| (node.kind() != Kind::Null).then(|| self.schema(node)).transpose();
        let builder = SchemaBuilder::map(part(keys)?, part(values)?);
        // The builder tells what is wrong only at the end, Java before it looks at the rest.
        builder.clone().build()?;
        Ok(builder)
    }

    fn struct_schema(&mut self, node: Node<'_>) -> Result<SchemaBuilder, ConnectError> {
        let fields = node.get("fields").filter(|fields| fields.kind() == Kind::Array);
        let fields =
            fields.ok_or_else(|| ConnectError::data("Struct schema's \"fields\" argument is not an array."))?;
        let mut builder = SchemaBuilder::structure();
        let mut names = std::collections::HashSet::new();
        for field in fields.elements() {
            let name = field.get("field").and_then(Node::as_text);
            let name = name.ok_or_else(|| ConnectError::data("Struct schema's field name not specified properly"))?;
            builder = builder.field(name.clone(), self.schema(field)?);
            // As above; the builder is only copied when there is something wrong.
            if name.is_empty() || !names.insert(name) {
                builder.clone().build()?;
            }
        }
        Ok(builder)
    }

    fn with_default(&mut self, builder: SchemaBuilder, default: Node<'_>) -> Result<SchemaBuilder, ConnectError> {
        let schema = builder.clone().build()?;
        let value = self.typed(&schema, Some(default))?;
        if let Value::Struct(_) = value {
            // To Java the schema of this struct is the unfinished one, which equals none.
            let cause = ConnectError::data("Struct schemas do not match.");
            let error = ConnectError::with_kind(ErrorKind::Data, "Invalid default value");
            return Err(error.with_class("org.apache.kafka.connect.errors.SchemaBuilderException").caused_by(cause));
        }
        Ok(builder.default_value(value))
    }
}
