//! The transforms of a connector, in order.

use aqueduct_api::{ConnectError, Fate, Predicate, Record, Transform};

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
    record: &mut Record,
) -> Result<Fate, ConnectError> {
    if let Some((predicate, negate)) = predicate
        && predicate.test(record)? == *negate
    {
        return Ok(Fate::Kept);
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

    /// Takes a record through all transforms. It is dropped when one of them drops it, or fails and that is tolerated.
    ///
    /// # Errors
    /// When a transform failed and that is not tolerated.
    pub fn apply(
        &mut self,
        record: &mut Record,
        operator: &mut ErrorOperator,
        original: Original<'_>,
    ) -> Result<Fate, ConnectError> {
        // A step that may run again needs the record again as it was.
        let keep = operator.may_retry();
        for Link { transform, class, predicate } in &mut self.links {
            let kept = keep.then(|| record.clone());
            let mut again = false;
            let outcome = operator.execute(Stage::Transformation, class, original, || {
                if again && let Some(kept) = &kept {
                    record.clone_from(kept);
                }
                again = true;
                apply(transform.as_mut(), predicate.as_mut(), record)
            })?;
            if outcome != Some(Fate::Kept) {
                return Ok(Fate::Dropped);
            }
        }
        Ok(Fate::Kept)
    }

    /// Whether there is no transform.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }
}
