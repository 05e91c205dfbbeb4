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

use aqueduct_api::{ConfigMap, ConnectError, Fate, Record, Transform};
use aqueduct_config::{ConfigDef, ConfigError, ConfigKey, ConfigValueData, Importance, Type, Validator};
use aqueduct_data::{ByteString, SchemaAndValue, SchemaBuilder, SchemaRef, Value, ValueMap};
use aqueduct_jvm::hash_order::iteration_order;

use crate::part::{Part, map_mut, struct_mut};
use crate::paths::Reshape;
use crate::schema_cache::SchemaCache;
use crate::structs::{REPLACE_NULL_WITH_DEFAULT, replace_null_with_default, settle_values, with_basics};

pub(crate) const EXCLUDE: &str = "exclude";
pub(crate) const INCLUDE: &str = "include";
pub(crate) const RENAMES: &str = "renames";
const OLD_NAMES: [(&str, &str); 2] = [("blacklist", EXCLUDE), ("whitelist", INCLUDE)];
const PURPOSE: &str = "field replacement";
/// In maps of up to so many entries, looking for the fields beats looking at each entry.
const FEW: usize = 12;

pub(crate) fn definition() -> ConfigDef {
    let list = |name, doc| {
        let nothing: [&str; 0] = [];
        ConfigKey::new(name, Type::List).default(nothing).importance(Importance::Medium).doc(doc)
    };
    let names = || Validator::any_non_duplicate_values(true, false);
    let pairs = Validator::lambda(
        |_, value| parse_renames(value.as_list().unwrap_or_default()).map(drop),
        "list of colon-delimited pairs, e.g. foo:bar,abc:xyz",
    );
    ConfigDef::new()
        .define(
            list(EXCLUDE, "The fields to leave out; they are left out even if they are to be included.")
                .validator(names()),
        )
        .define(list(INCLUDE, "The fields to keep; nothing keeps all.").validator(names()))
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

/// A struct's new schema, and how the values get to their fields.
#[derive(Debug)]
struct Replaced {
    schema: SchemaRef,
    moves: Moves,
}

#[derive(Debug)]
enum Moves {
    /// All stay where they are.
    None,
    /// Some are left out: whether each stays.
    Out(Vec<bool>),
    /// They come from anywhere, and some go to several fields: where each comes from.
    From(Vec<usize>),
}

impl Moves {
    /// The way of values from these places, of so many.
    fn new(from: Vec<usize>, of: usize) -> Self {
        if !from.is_sorted_by(|a, b| a < b) {
            Self::From(from)
        } else if from.len() == of {
            Self::None
        } else {
            Self::Out((0..of).map(|at| from.binary_search(&at).is_ok()).collect())
        }
    }

    fn apply(&self, values: &mut Vec<Value>) {
        match self {
            Self::None => {}
            Self::Out(stays) => {
                let mut stays = stays.iter();
                values.retain(|_| stays.next().is_none_or(|&stays| stays));
            }
            Self::From(from) => *values = from.iter().map(|&at| values[at].clone()).collect(),
        }
    }
}

/// What becomes of which field.
struct Names {
    exclude: HashSet<ByteString>,
    include: HashSet<ByteString>,
    renames: HashMap<ByteString, ByteString>,
    /// No field gets a name that another one had or gets: so the order of renaming does not matter.
    renames_apart: bool,
    /// Where several fields get one name, the mapping that Java's map lists last says which one the value is from.
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
        let renames = parse_renames(mappings)?;
        let olds: Vec<_> = mappings.iter().filter_map(|mapping| mapping.split_once(':')).map(|(old, _)| old).collect();
        let old_names = iteration_order(&olds).into_iter().filter_map(|at| {
            let (old, new) = renames.get_key_value(olds[at])?;
            Some((new.clone(), old.clone()))
        });
        let new_names: HashSet<_> = renames.values().collect();
        let names = Names {
            exclude: names(EXCLUDE)?,
            include: names(INCLUDE)?,
            renames_apart: new_names.len() == renames.len() && !new_names.iter().any(|&new| renames.contains_key(new)),
            old_names: old_names.collect(),
            renames,
        };
        let replace_null = config.boolean(REPLACE_NULL_WITH_DEFAULT)?;
        Ok(Self { part, names, replace_null, schemas: SchemaCache::default() })
    }

    fn replace_struct(&mut self, part: &mut SchemaAndValue) -> Result<(), ConnectError> {
        let fields = struct_mut(&mut part.value, PURPOSE)?;
        let schema = part.schema.as_ref().unwrap_or(fields.schema());
        let Replaced { schema, moves } = self.schemas.get(schema, |schema| self.names.replaced(schema))?;
        fields.reshape(schema.clone(), |values| {
            moves.apply(values);
            settle_values(schema, values, self.replace_null)
        })?;
        part.schema = Some(schema.clone());
        Ok(())
    }
}

impl Names {
    fn keeps(&self, name: &str) -> bool {
        !self.exclude.contains(name) && (self.include.is_empty() || self.include.contains(name))
    }

    fn replace_map(&self, value: &mut Value) -> Result<(), ConnectError> {
        let map = map_mut(value, PURPOSE)?;
        let few = map.len() <= FEW;
        if few && self.include.is_empty() && !self.exclude.contains("") {
            for name in &self.exclude {
                map.remove_str(name);
            }
        } else {
            // What is no text goes by the empty name.
            map.retain(|name, _| self.keeps(name.as_str().unwrap_or_default()));
        }
        if self.renames.is_empty() {
            return Ok(());
        }
        if few && self.renames_apart && self.renames.values().all(|new| map.get_str(new).is_none()) {
            for (old, new) in &self.renames {
                map.rename(old, new.clone());
            }
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
                return Err(ConnectError::data(format!("{origin} is not a valid field name")));
            };
            from.push(origin.index());
        }
        Ok(Replaced { schema: builder.build()?.lasting(), moves: Moves::new(from, schema.fields().len()) })
    }
}

impl Transform for ReplaceField {
    fn apply(&mut self, record: &mut Record) -> Result<Fate, ConnectError> {
        let part = self.part.of(record);
        if !part.value.is_null() {
            match part.schema {
                None => self.names.replace_map(&mut part.value)?,
                Some(_) => self.replace_struct(part)?,
            }
        }
        Ok(Fate::Kept)
    }
}

impl Reshape for ReplaceField {
    fn reshaped(&mut self, schema: &SchemaRef) -> Result<SchemaRef, ConnectError> {
        Ok(self.schemas.get(schema, |schema| self.names.replaced(schema))?.schema.clone())
    }
}
