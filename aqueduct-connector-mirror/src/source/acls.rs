//! Which rules about topics are copied, and how: nobody may write to a copy because he may write to the original.

use aqueduct_kafka::raw::{AclBinding, AclOperation, AclPermission, PatternType};

/// The rule for the copy of a topic, from one for the original; none when it is not copied.
pub(crate) fn of_remote_topic(
    binding: &AclBinding,
    is_copied: impl FnOnce(&str) -> bool,
    remote: impl FnOnce(&str) -> String,
) -> Option<AclBinding> {
    let allowed = binding.permission == AclPermission::ALLOW;
    if binding.pattern != PatternType::LITERAL
        || (allowed && binding.operation == AclOperation::WRITE)
        || !is_copied(&binding.topic)
    {
        return None;
    }
    let mut copy = binding.clone();
    copy.topic = remote(&binding.topic);
    if allowed && binding.operation == AclOperation::ALL {
        copy.operation = AclOperation::READ;
    }
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: AclPermission = AclPermission(2);
    const PREFIXED: PatternType = PatternType(4);

    #[track_caller]
    fn check(
        topic: &str,
        pattern: PatternType,
        operation: AclOperation,
        permission: AclPermission,
        expect: Option<AclOperation>,
    ) {
        let binding = AclBinding {
            topic: topic.into(),
            pattern,
            principal: "User:a".into(),
            host: "*".into(),
            operation,
            permission,
        };
        let copy = of_remote_topic(&binding, |topic| topic == "t", |topic| format!("A.{topic}"));
        assert_eq!(copy.as_ref().map(|copy| copy.operation), expect);
        if let Some(copy) = copy {
            assert_eq!(copy, AclBinding { topic: "A.t".into(), operation: copy.operation, ..binding });
        }
    }

    #[test]
    fn reading_is_copied_and_writing_is_not() {
        let (literal, allow) = (PatternType::LITERAL, AclPermission::ALLOW);
        check("t", literal, AclOperation::READ, allow, Some(AclOperation::READ));
        check("t", literal, AclOperation::WRITE, allow, None);
        check("t", literal, AclOperation::ALL, allow, Some(AclOperation::READ));
        check("t", literal, AclOperation::WRITE, DENY, Some(AclOperation::WRITE));
        check("t", literal, AclOperation::ALL, DENY, Some(AclOperation::ALL));
        check("other", literal, AclOperation::READ, allow, None);
        check("t", PREFIXED, AclOperation::READ, allow, None);
    }
}
