//! The registry: which beans there are, and what they read now.
//!
//! A bean is there as long as its [`Registration`]. One that is registered again under the same name takes the place of the
//! former, whose end then removes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::name::BeanName;
use crate::window::Window;

/// What an attribute reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A text, such as a class name or a state.
    Text(String),
}

/// How an attribute changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows while the bean is there.
    Counter,
    /// It goes up and down, or is a text.
    Gauge,
}

type Read = Box<dyn Fn(Instant) -> Value + Send + Sync>;

/// One figure of a bean.
pub struct Attribute {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    read: Read,
}

/// A figure as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The bean.
    pub bean: BeanName,
    /// The attribute's name, such as `batch-size-max`.
    pub attribute: &'static str,
    /// How it changes.
    pub kind: Kind,
    /// What it is.
    pub help: &'static str,
    /// What it reads.
    pub value: Value,
}

/// A named set of attributes, before it is registered.
pub struct Bean {
    name: BeanName,
    attributes: Vec<Attribute>,
}

impl Bean {
    /// A bean without attributes.
    pub fn new(name: BeanName) -> Self {
        Self { name, attributes: Vec::new() }
    }

    fn with(
        mut self,
        name: &'static str,
        kind: Kind,
        help: &'static str,
        read: impl Fn(Instant) -> Value + Send + Sync + 'static,
    ) -> Self {
        self.attributes.push(Attribute { name, kind, help, read: Box::new(read) });
        self
    }

    /// Adds a number that only grows.
    #[must_use]
    pub fn counter(
        self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        self.with(name, Kind::Counter, help, move |_| Value::Number(read()))
    }

    /// Adds a number; it is asked for as of a moment.
    #[must_use]
    pub fn gauge(
        self,
        name: &'static str,
        help: &'static str,
        read: impl Fn(Instant) -> f64 + Send + Sync + 'static,
    ) -> Self {
        self.with(name, Kind::Gauge, help, move |now| Value::Number(read(now)))
    }

    /// Adds a text that changes.
    #[must_use]
    pub fn text(
        self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        self.with(name, Kind::Gauge, help, move |_| Value::Text(read()))
    }

    /// Adds a text that stays.
    #[must_use]
    pub fn constant(self, name: &'static str, help: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        self.text(name, help, move || text.clone())
    }
}

#[derive(Default)]
struct Beans {
    next: u64,
    by_name: BTreeMap<BeanName, (u64, Arc<[Attribute]>)>,
}

/// The beans of a worker. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry {
    beans: Arc<Mutex<Beans>>,
    window: Window,
}

impl Registry {
    /// An empty registry whose rates, means and extremes look back over `window`.
    pub fn new(window: Window) -> Self {
        Self { beans: Arc::default(), window }
    }

    /// How long the past counts.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Shows a bean until the registration ends.
    #[must_use = "the bean is there as long as its registration"]
    pub fn register(&self, bean: Bean) -> Registration {
        let mut beans = self.beans.lock();
        beans.next += 1;
        let id = beans.next;
        beans.by_name.insert(bean.name.clone(), (id, bean.attributes.into()));
        Registration { registry: self.clone(), name: bean.name, id }
    }

    /// Every figure as it is now, ordered by bean.
    pub fn read(&self) -> Vec<Reading> {
        let now = Instant::now();
        // What is read may itself hold up who registers, so the lock is not held meanwhile.
        let beans: Vec<(BeanName, Arc<[Attribute]>)> = {
            let beans = self.beans.lock();
            beans.by_name.iter().map(|(name, (_, attributes))| (name.clone(), Arc::clone(attributes))).collect()
        };
        let each = beans.iter().flat_map(|(bean, attributes)| attributes.iter().map(move |a| (bean, a)));
        each.map(|(bean, attribute)| Reading {
            bean: bean.clone(),
            attribute: attribute.name,
            kind: attribute.kind,
            help: attribute.help,
            value: (attribute.read)(now),
        })
        .collect()
    }
}

/// Keeps a bean in its registry.
pub struct Registration {
    registry: Registry,
    name: BeanName,
    id: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut beans = self.registry.beans.lock();
        if beans.by_name.get(&self.name).is_some_and(|(id, _)| *id == self.id) {
            beans.by_name.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bean(value: f64) -> Bean {
        Bean::new(BeanName::new("g").tag("connector", "c")).gauge("a", "An a.", move |_| value)
    }

    fn values(registry: &Registry) -> Vec<Value> {
        registry.read().into_iter().map(|reading| reading.value).collect()
    }

    #[test]
    fn a_bean_lives_as_long_as_its_registration() {
        let registry = Registry::default();
        let first = registry.register(bean(1.0));
        assert_eq!(values(&registry), [Value::Number(1.0)]);
        drop(first);
        assert_eq!(values(&registry), []);
    }

    #[test]
    fn the_end_of_a_former_bean_leaves_its_successor() {
        let registry = Registry::default();
        let first = registry.register(bean(1.0));
        let _second = registry.register(bean(2.0));
        drop(first);
        assert_eq!(values(&registry), [Value::Number(2.0)]);
    }
}
