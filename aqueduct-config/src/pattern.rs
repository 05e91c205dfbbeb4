//! temporary
pub(crate) struct Pattern;
impl Pattern {
    pub(crate) fn compile(_p: &str) -> Result<Self, String> {
        Ok(Self)
    }
    pub(crate) fn matches(&self, _t: &str) -> bool {
        false
    }
}
