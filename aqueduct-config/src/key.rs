//! One key of a definition.

use std::borrow::Cow;
use std::sync::Arc;

use crate::{ConfigValueData, Importance, Recommender, Type, Validator, Width};

/// The definition of one configuration key. A key without a default is required.
#[derive(Debug, Clone)]
pub struct ConfigKey {
    /// The key, such as `batch.size`.
    pub name: Cow<'static, str>,
    /// What its value is parsed to.
    pub value_type: Type,
    /// The value when none is given; `None` makes the key required, and a default of null makes it optional.
    pub default_value: Option<ConfigValueData>,
    /// What else must hold for the value.
    pub validator: Option<Validator>,
    /// How much it matters.
    pub importance: Importance,
    /// What it is for.
    pub documentation: Cow<'static, str>,
    /// The heading under which it is shown.
    pub group: Option<Cow<'static, str>>,
    /// Its place under the heading; -1 when nothing was said.
    pub order_in_group: i32,
    /// How wide an input field should be.
    pub width: Width,
    /// How it is called for people.
    pub display_name: Cow<'static, str>,
    /// Keys whose permitted values or visibility depend on this one.
    pub dependents: Vec<Cow<'static, str>>,
    /// Suggests values, and says whether the key matters at present.
    pub recommender: Option<Arc<dyn Recommender>>,
    /// Whether documentation leaves it out.
    pub internal: bool,
}

impl ConfigKey {
    /// A required key of medium importance, in no group.
    pub fn new(name: impl Into<Cow<'static, str>>, value_type: Type) -> Self {
        let name = name.into();
        Self {
            display_name: name.clone(),
            name,
            value_type,
            default_value: None,
            validator: None,
            importance: Importance::Medium,
            documentation: Cow::Borrowed(""),
            group: None,
            order_in_group: -1,
            width: Width::None,
            dependents: Vec::new(),
            recommender: None,
            internal: false,
        }
    }

    /// Sets the default. It may be of the key's type or a text that parses to it.
    #[must_use]
    pub fn default(mut self, value: impl Into<ConfigValueData>) -> Self {
        self.default_value = Some(value.into());
        self
    }

    /// Makes the key optional: null when it is not given.
    #[must_use]
    pub fn default_null(self) -> Self {
        self.default(ConfigValueData::Null)
    }

    /// Takes the default away: the key has to be given.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.default_value = None;
        self
    }

    /// Sets how much the key matters.
    #[must_use]
    pub fn importance(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }

    /// Sets what the key is for.
    #[must_use]
    pub fn doc(mut self, documentation: impl Into<Cow<'static, str>>) -> Self {
        self.documentation = documentation.into();
        self
    }

    /// Sets the heading.
    #[must_use]
    pub fn group(mut self, group: impl Into<Cow<'static, str>>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Sets the place under the heading.
    #[must_use]
    pub fn order(mut self, order_in_group: i32) -> Self {
        self.order_in_group = order_in_group;
        self
    }

    /// Sets the width of an input field.
    #[must_use]
    pub fn width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// Sets the name for people.
    #[must_use]
    pub fn display_name(mut self, display_name: impl Into<Cow<'static, str>>) -> Self {
        self.display_name = display_name.into();
        self
    }

    /// Sets what else must hold for the value.
    #[must_use]
    pub fn validator(mut self, validator: Validator) -> Self {
        self.validator = Some(validator);
        self
    }

    /// Sets the keys that depend on this one.
    #[must_use]
    pub fn dependents<T: Into<Cow<'static, str>>>(mut self, dependents: impl IntoIterator<Item = T>) -> Self {
        self.dependents = dependents.into_iter().map(Into::into).collect();
        self
    }

    /// Sets what suggests values.
    #[must_use]
    pub fn recommender(mut self, recommender: impl Recommender + 'static) -> Self {
        self.recommender = Some(Arc::new(recommender));
        self
    }

    /// Leaves the key out of documentation.
    #[must_use]
    pub fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    /// Whether the key may be left out.
    pub fn has_default(&self) -> bool {
        self.default_value.is_some()
    }
}
