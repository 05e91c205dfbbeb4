//! Which transform works at which places: the paths of a configuration, divided by the way that they go.

use aqueduct_api::{ConfigMap, ConnectError};
use aqueduct_config::ConfigError;
use aqueduct_data::ByteString;

use super::{HOISTED, Place, Places, Reshape};
use crate::cast::{self, Cast};
use crate::field_path::{FIELD_SYNTAX_VERSION, FieldPath};
use crate::hoist_field::HoistField;
use crate::insert_field::{self, InsertField};
use crate::mask_field::{self, MaskField};
use crate::part::Part;
use crate::replace_field::{self, ReplaceField};
use crate::timestamp_converter::{self, TimestampConverter};

/// The names on the way, and the last one; nothing is the field with the empty name.
fn path(text: &str) -> Result<(Vec<ByteString>, ByteString), ConfigError> {
    let mut names = FieldPath::parse(text, "V2")?.into_names();
    let last = names.pop().unwrap_or_default();
    Ok((names, last))
}

/// For each way, what the transform at its end is configured with: the last of it counts. In the order in which the ways
/// come first.
#[derive(Default)]
struct ByWay(Vec<(Vec<ByteString>, ConfigMap)>);

impl ByWay {
    fn at(&mut self, way: &[ByteString]) -> &mut ConfigMap {
        let at = self.0.iter().position(|(known, _)| known == way).unwrap_or_else(|| {
            self.0.push((way.to_vec(), ConfigMap::new()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    /// Adds an item to a list.
    fn add(&mut self, way: &[ByteString], key: &str, item: &str) {
        let list = self.at(way).entry(key.to_owned()).or_default();
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(item);
    }

    /// The transform at each of the ways; `keys` are those that come from the paths, all others are as they are given.
    fn places<T: Reshape + 'static>(
        self,
        props: &ConfigMap,
        keys: &[&str],
        part: Part,
        configure: fn(&ConfigMap, Part) -> Result<T, ConnectError>,
    ) -> Result<Vec<Place>, ConnectError> {
        let mut others = props.clone();
        others.remove(FIELD_SYNTAX_VERSION);
        for key in keys {
            others.remove(*key);
        }
        let place = |(way, own): (Vec<ByteString>, ConfigMap)| {
            let mut props = others.clone();
            props.extend(own);
            Ok(Place::new(part, &way, configure(&props, part)?))
        };
        self.0.into_iter().map(place).collect()
    }
}

pub(super) fn cast(props: &ConfigMap, part: Part) -> Result<Places, ConnectError> {
    let config = cast::definition().parse(props)?;
    let mut ways = ByWay::default();
    for mapping in config.list(cast::SPEC)? {
        match mapping.split_once(':') {
            Some((field, target)) if !target.is_empty() => {
                let (way, last) = path(field.trim())?;
                ways.add(&way, cast::SPEC, &format!("{last}:{target}"));
            }
            _ => ways.add(&[], cast::SPEC, mapping),
        }
    }
    Ok(Places(ways.places(props, &[cast::SPEC], part, Cast::configure)?))
}

pub(super) fn mask_field(props: &ConfigMap, part: Part) -> Result<Places, ConnectError> {
    let config = mask_field::definition().parse(props)?;
    let mut ways = ByWay::default();
    for field in config.list(mask_field::FIELDS)? {
        let (way, last) = path(field)?;
        ways.add(&way, mask_field::FIELDS, &last);
    }
    Ok(Places(ways.places(props, &[mask_field::FIELDS], part, MaskField::configure)?))
}

pub(super) fn timestamp_converter(props: &ConfigMap, part: Part) -> Result<Places, ConnectError> {
    let config = timestamp_converter::definition().parse(props)?;
    let field = config.string(timestamp_converter::FIELD)?;
    let mut ways = ByWay::default();
    if field.is_empty() {
        ways.at(&[]);
    } else {
        let (way, last) = path(field)?;
        ways.add(&way, timestamp_converter::FIELD, &last);
    }
    Ok(Places(ways.places(props, &[timestamp_converter::FIELD], part, TimestampConverter::configure)?))
}

pub(super) fn insert_field(props: &ConfigMap, part: Part) -> Result<Places, ConnectError> {
    // What is wrong without paths is wrong with them.
    InsertField::configure(props, part)?;
    let config = insert_field::definition().parse(props)?;
    let mut ways = ByWay::default();
    for key in insert_field::FIELDS {
        let Some(field) = config.optional_string(key)? else { continue };
        let name = field.strip_suffix(['!', '?']).unwrap_or(field);
        let (way, last) = path(name)?;
        ways.at(&way).insert(key.to_owned(), format!("{last}{}", &field[name.len()..]));
    }
    let places = ways.places(props, &insert_field::FIELDS, part, InsertField::configure)?;
    Ok(Places(places.into_iter().map(Place::creating).collect()))
}

pub(super) fn hoist_field(props: &ConfigMap, part: Part) -> Result<Places, ConnectError> {
    let hoist = HoistField::configure(props, part)?;
    let way = match props.get(HOISTED).filter(|path| !path.is_empty()) {
        Some(path) => FieldPath::parse(path, "V2")?.into_names(),
        None => Vec::new(),
    };
    Ok(Places(vec![Place::new(part, &way, hoist).taking_all()]))
}

pub(super) fn replace_field(props: &ConfigMap, part: Part) -> Result<Places, ConnectError> {
    let props = replace_field::with_new_names(props);
    let config = replace_field::definition().parse(&props)?;
    let mut ways = ByWay::default();
    for field in config.list(replace_field::EXCLUDE)? {
        let (way, last) = path(field)?;
        ways.add(&way, replace_field::EXCLUDE, &last);
    }
    let included: Vec<Vec<ByteString>> = config
        .list(replace_field::INCLUDE)?
        .iter()
        .map(|field| path(field).map(|(way, last)| [way, vec![last]].concat()))
        .collect::<Result<_, _>>()?;
    for names in &included {
        // What is included as a whole is not searched.
        if included.iter().any(|other| other.len() < names.len() && names.starts_with(other)) {
            continue;
        }
        for at in 0..names.len() {
            ways.add(&names[..at], replace_field::INCLUDE, &names[at]);
        }
    }
    for mapping in config.list(replace_field::RENAMES)? {
        let (field, new) = mapping.split_once(':').unwrap_or((mapping, ""));
        let (way, last) = path(field)?;
        ways.add(&way, replace_field::RENAMES, &format!("{last}:{new}"));
    }
    // What is inside has its turn before anything on the way to it gets another name.
    ways.0.sort_by_key(|(way, _)| std::cmp::Reverse(way.len()));
    let keys = [replace_field::EXCLUDE, replace_field::INCLUDE, replace_field::RENAMES];
    Ok(Places(ways.places(&props, &keys, part, ReplaceField::configure)?))
}

/// Leaves fields out.
pub(super) fn without(fields: &[String], props: &ConfigMap, part: Part) -> Result<Places, ConnectError> {
    let mut props = props.clone();
    props.retain(|key, _| key == crate::structs::REPLACE_NULL_WITH_DEFAULT);
    props.insert(replace_field::EXCLUDE.to_owned(), fields.join(","));
    replace_field(&props, part)
}
