//! How the parts of values are shared.
//!
//! A list, map or struct mostly has one owner from the connector that made it to the converter that writes it. So what
//! counts is what the only owner pays: no atomic write to find out that nobody else has a share, and none to end the last
//! one. Those are `triomphe`'s shares, without weak references, which nothing here needs, and with an end of their own.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use triomphe::Arc;

/// A share of a part: cheap to clone, and changed in place by its only owner.
///
/// As with `std::sync::Arc`, functions take it as `this`, so that they cannot be mistaken for those of what is shared.
pub struct Shared<T>(
    /// None only while it ends, or is taken apart.
    Option<Arc<T>>,
);

impl<T> Shared<T> {
    /// The first share of a part.
    #[inline]
    pub fn new(part: T) -> Self {
        Self(Some(Arc::new(part)))
    }

    #[inline]
    fn arc(&self) -> &Arc<T> {
        self.0.as_ref().expect("only the end of a share takes it out")
    }

    #[inline]
    fn arc_mut(&mut self) -> &mut Arc<T> {
        self.0.as_mut().expect("only the end of a share takes it out")
    }

    /// The part, to change it in place; none while others have a share.
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        Arc::get_mut(this.arc_mut())
    }

    /// Whether both are shares of one part.
    #[inline]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        Arc::ptr_eq(this.arc(), other.arc())
    }

    /// The place of the part.
    pub fn as_ptr(this: &Self) -> *const T {
        Arc::as_ptr(this.arc())
    }
}

impl<T: Clone> Shared<T> {
    /// The part, to change it; it is copied first while others have a share.
    #[inline]
    pub fn make_mut(this: &mut Self) -> &mut T {
        Arc::make_mut(this.arc_mut())
    }

    /// The part itself; a copy while others have a share.
    #[inline]
    pub fn unwrap_or_clone(mut this: Self) -> T {
        Arc::unwrap_or_clone(this.0.take().expect("only the end of a share takes it out"))
    }
}

impl<T> Drop for Shared<T> {
    #[inline]
    fn drop(&mut self) {
        // To count down takes an atomic write; to see that there is nobody to count for, a read.
        if let Some(arc) = self.0.take() {
            drop(Arc::try_unwrap(arc));
        }
    }
}

impl<T> Clone for Shared<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.arc()
    }
}

impl<T> AsRef<T> for Shared<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T> From<T> for Shared<T> {
    #[inline]
    fn from(part: T) -> Self {
        Self::new(part)
    }
}

impl<T: Default> Default for Shared<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Shared<T> {}

impl<T: Hash> Hash for Shared<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: fmt::Display> fmt::Display for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_owner_changes_the_part_where_it_is() {
        let mut one = Shared::new(vec![1]);
        let place = Shared::as_ptr(&one);
        Shared::make_mut(&mut one).push(2);
        assert_eq!((Shared::as_ptr(&one), &**one), (place, &[1, 2][..]));
        assert_eq!(Shared::unwrap_or_clone(one), [1, 2]);
    }

    #[test]
    fn others_keep_what_they_share() {
        let one = Shared::new(vec![1]);
        let mut other = one.clone();
        assert!(Shared::ptr_eq(&one, &other) && Shared::get_mut(&mut other).is_none());
        Shared::make_mut(&mut other).push(2);
        assert_eq!((&**one, &**other), (&[1][..], &[1, 2][..]));
    }

    #[test]
    fn the_part_ends_with_its_last_share() {
        let (ends, end) = std::sync::mpsc::channel();
        struct Part(std::sync::mpsc::Sender<()>);
        impl Drop for Part {
            fn drop(&mut self) {
                self.0.send(()).unwrap();
            }
        }
        let one = Shared::new(Part(ends));
        let other = one.clone();
        drop(one);
        assert!(end.try_recv().is_err());
        drop(other);
        assert_eq!((end.try_recv(), end.try_recv().is_err()), (Ok(()), true));
    }
}
