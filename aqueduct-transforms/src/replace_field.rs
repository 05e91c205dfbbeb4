//! `ReplaceField` leaves fields out, keeps only some, or renames them.
//!
//! With `exclude=secret` and `renames=id:key`, the value `{id=1, secret=x, name=Ann}` becomes `{key=1, name=Ann}`.
//! `exclude` and `include` go by the names from before the renaming; `exclude` wins. Their names until Kafka 2.7 were
//! `blacklist` and `whitelist`, which still count where the new ones are not given.
//!
//! With `field.syntax.version=V2`, which Java does not have here, fields are paths: `exclude=address.zip` leaves out the field
//! `zip` inside of the field `address`, `include=address.zip` keeps only that of it, and `renames=address.zip:code` renames it
//! where it is. What is renamed on the way has its old name in all paths.

use std::collections::{HashMap, HashSet};

use aqueduct_api::{ConfigMap, ConnectError, ErrorKind, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, ConfigValueData, Importance, Type, Validator};
use aqueduct_data::{ByteString, SchemaAndValue, SchemaBuilder, SchemaRef, Struct, Value, ValueMap};

use crate::part::{Part, map_mut};
use crate::paths::Reshape;
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, replace_null_with_default, settle_null, take, with_basics};

pub(crate) const EXCLUDE: &str = "exclude";
pub(crate) const INCLUDE: &str = "include";
pub(crate) const RENAMES: &str = "renames";
const OLD_NAMES: [(&str, &str); 2] = [("blacklist", EXCLUDE), ("whitelist", INCLUDE)];
const PURPOSE: &str = "field replacement";

pub(crate) fn definition() -> ConfigDef {
    let list = |name, doc| {
        let nothing: [&str; 0] = [];
        ConfigKey::new(name, Type::List).default(nothing).importance(Importance::Medium).doc(doc)
    };
    let pairs = Validator::lambda(
        |_, value| parse_renames(value.as_list().unwrap_or_default()).map(drop),
        "list of colon-delimited pairs, e.g. foo:bar,abc:xyz",
    );
    ConfigDef::new()
        .define(list(EXCLUDE, "The fields to leave out; they are left out even if they are to be included."))
        .define(list(INCLUDE, "The fields to keep; nothing keeps all."))
        .define(list(RENAMES, "The fields to rename, each as `old:new`.").validator(pairs))
        .define(replace_null_with_default())
}

/// The configuration with the new names of keys, where only the old ones are given.
pub(crate) fn with_new_names(props: &ConfigMap) -> ConfigMap {
    let mut props = props.clone();
    for (old, new) in OLD_NAMES {
        let Some(value) = props.remove(old) else { continue };
        if props.contains_key(new) {
            tracing::warn!("Ignoring the deprecated '{old}', since '{new}' is given, too");
        } else {
            tracing::warn!("'{old}' is deprecated and ignored by newer versions of Kafka, use '{new}' instead");
            props.insert(new.to_owned(), value);
        }
    }
    props
}

/// Old names and new ones; the last one counts where a name comes again.
fn parse_renames(mappings: &[String]) -> Result<HashMap<ByteString, ByteString>, ConfigError> {
    let parse = |mapping: &String| match mapping.split_once(':') {
        Some((old, new)) if !new.is_empty() && !new.contains(':') => Ok((old.into(), new.into())),
        _ => {
            let why = format_args!("Invalid rename mapping: {mapping}");
            Err(ConfigError::invalid(RENAMES, ConfigValueData::List(mappings.to_vec()), why))
        }
    };
    mappings.iter().map(parse).collect()
}

/// A struct's new schema, and where the values of its fields are in the old struct.
#[derive(Debug)]
struct Replaced {
    schema: SchemaRef,
    from: Vec<usize>,
    /// A value goes to several fields.
    repeats: bool,
}

/// What becomes of which field.
struct Names {
    exclude: HashSet<ByteString>,
    include: HashSet<ByteString>,
    renames: HashMap<ByteString, ByteString>,
    /// Where several fields get one name, the mapping that was given last says which one the value is from.
    old_names: HashMap<ByteString, ByteString>,
}

pub(crate) struct ReplaceField {
    part: Part,
    names: Names,
    replace_null: bool,
    schemas: SchemaCache<Replaced>,
}

impl ReplaceField {
    pub(crate) fn configure(props: &ConfigMap, part: Part) -> Result<Self, ConnectError> {
        let config = definition().parse(&with_new_names(props))?;
        let names = |key| Ok::<_, ConfigError>(config.list(key)?.iter().map(|name| name.as_str().into()).collect());
        let mappings = config.list(RENAMES)?;
        let old_names = mappings.iter().filter_map(|mapping| mapping.split_once(':'));
        let names = Names {
            exclude: names(EXCLUDE)?,
            include: names(INCLUDE)?,
            renames: parse_renames(mappings)?,
            old_names: old_names.map(|(old, new)| (new.into(), old.into())).collect(),
        };
        let replace_null = config.boolean(REPLACE_NULL_WITH_DEFAULT)?;
        Ok(Self { part, names, replace_null, schemas: SchemaCache::default() })
    }

    fn replace_struct(&mut self, part: &mut SchemaAndValue) -> Result<(), ConnectError> {
        let (before, mut values) = take(&mut part.value, PURPOSE)?;
        let schema = part.schema.as_ref().unwrap_or(&before);
        let replaced = self.schemas.get(schema, |schema| self.names.replaced(schema))?;
        let mut after = Vec::with_capacity(replaced.from.len());
        for (field, &at) in replaced.schema.fields().iter().zip(&replaced.from) {
            let mut value = if replaced.repeats { values[at].clone() } else { std::mem::take(&mut values[at]) };
            if value.is_null() {
                settle_null(field, &mut value, self.replace_null)?;
            }
            after.push(value);
        }
        let schema = replaced.schema.clone();
        *part = SchemaAndValue::new(schema.clone(), Struct::from_values(schema, after));
        Ok(())
    }
}

impl Names {
    fn keeps(&self, name: &str) -> bool {
        !self.exclude.contains(name) && (self.include.is_empty() || self.include.contains(name))
    }

    fn replace_map(&self, value: &mut Value) -> Result<(), ConnectError> {
        let map = map_mut(value, PURPOSE)?;
        map.retain(|name, _| self.keeps(name.as_str().unwrap_or_default()));
        if self.renames.is_empty() {
            return Ok(());
        }
        let mut renamed = ValueMap::with_capacity(map.len());
        for (name, value) in std::mem::take(map) {
            let new = name.as_str().and_then(|name| self.renames.get(name)).cloned();
            renamed.insert(new.map_or(name, Value::String), value);
        }
        *map = renamed;
        Ok(())
    }

    fn replaced(&self, schema: &SchemaRef) -> Result<Replaced, ConnectError> {
        let mut builder = with_basics(SchemaBuilder::structure(), schema);
        let mut from = Vec::new();
        for field in schema.fields().iter().filter(|field| self.keeps(field.name())) {
            let name = self.renames.get(field.name()).unwrap_or(field.name());
            builder = builder.field(name.clone(), field.schema().clone());
            let origin = self.old_names.get(name).unwrap_or(name);
            let Some(origin) = schema.field(origin) else {
                let message = format!("{name} is a field already, and to be that of {origin}");
                return Err(
                    ConnectError::with_kind(ErrorKind::Other, message).with_class("java.lang.NullPointerException")
                );
            };
            from.push(origin.index());
        }
        let repeats = from.iter().collect::<HashSet<_>>().len() < from.len();
        Ok(Replaced { schema: builder.build()?, from, repeats })
    }
}

impl Transform for ReplaceField {
    fn apply(&mut self, mut record: Record) -> Result<Option<Record>, ConnectError> {
        let part = self.part.of(&mut record);
        if !part.value.is_null() {
            match part.schema {
                None => self.names.replace_map(&mut part.value)?,
                Some(_) => self.replace_struct(part)?,
            }
        }
        Ok(Some(record))
    }
}

impl Reshape for ReplaceField {
    fn reshaped(&mut self, schema: &SchemaRef) -> Result<SchemaRef, ConnectError> {
        Ok(self.schemas.get(schema, |schema| self.names.replaced(schema))?.schema.clone())
    }
}
