//! The transforms of a connector, in order.

use aqueduct_api::{ConnectError, Predicate, Record, Transform};

use crate::operator::{ErrorOperator, Stage};
use crate::report::Original;

/// One transform and the records it is for.
pub struct Link {
    /// The transform.
    pub transform: Box<dyn Transform>,
    /// Its full class name, for errors.
    pub class: String,
    /// The predicate that chooses its records, and whether it is negated (KIP-585).
    pub predicate: Option<(Box<dyn Predicate>, bool)>,
}

fn apply(
    transform: &mut dyn Transform,
    predicate: Option<&mut (Box<dyn Predicate>, bool)>,
    record: Record,
) -> Result<Option<Record>, ConnectError> {
    if let Some((predicate, negate)) = predicate
        && predicate.test(&record)? == *negate
    {
        return Ok(Some(record));
    }
    transform.apply(record)
}

/// The transforms of a connector, in order. Each sees what the one before it made; a record that one drops ends there.
#[derive(Default)]
pub struct TransformChain {
    links: Vec<Link>,
}

impl TransformChain {
    /// A chain of these transforms.
    pub fn new(links: Vec<Link>) -> Self {
        Self { links }
    }

    /// The record after all transforms; `None` when one dropped it or failed and that is tolerated.
    ///
    /// # Errors
    /// When a transform failed and that is not tolerated.
    pub fn apply(
        &mut self,
        record: Record,
        operator: &mut ErrorOperator,
        original: Original<'_>,
    ) -> Result<Option<Record>, ConnectError> {
        // A step that may run again needs its input again; otherwise the record is moved through.
        let keep = operator.may_retry();
        let mut current = record;
        for Link { transform, class, predicate } in &mut self.links {
            let kept = keep.then(|| current.clone());
            let mut input = Some(current);
            let outcome = operator.execute(Stage::Transformation, class, original, || {
                let input = input.take().or_else(|| kept.clone());
                let record = input.expect("the input is kept when a step may run again");
                apply(transform.as_mut(), predicate.as_mut(), record)
            })?;
            match outcome.flatten() {
                Some(next) => current = next,
                None => return Ok(None),
            }
        }
        Ok(Some(current))
    }

    /// Whether there is no transform.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }
}
