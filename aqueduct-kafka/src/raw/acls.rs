//! Who may do what with topics: access control lists, read at one cluster and written at another.

use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::{CreateAclsRequest, DescribeAclsRequest};

use super::RawClient;
use super::cluster::refused;
use super::topics::text;
use crate::error::KafkaError;

/// The number of topics among the kinds of resources, and the one that stands for any.
const TOPIC: i8 = 2;
const ANY: i8 = 1;

/// How a binding names its resource (`PatternType`), under the protocol's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternType(pub i8);

impl PatternType {
    /// By its exact name.
    pub const LITERAL: Self = Self(3);
}

/// What is permitted or denied (`AclOperation`), under the protocol's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AclOperation(pub i8);

impl AclOperation {
    /// Everything.
    pub const ALL: Self = Self(2);
    /// Reading.
    pub const READ: Self = Self(3);
    /// Writing.
    pub const WRITE: Self = Self(4);
}

/// Whether it is permitted or denied (`AclPermissionType`), under the protocol's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AclPermission(pub i8);

impl AclPermission {
    /// Permitted.
    pub const ALLOW: Self = Self(3);
}

/// One rule about topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclBinding {
    /// The topic, or a pattern for topics.
    pub topic: String,
    /// How it is meant.
    pub pattern: PatternType,
    /// Who, such as `User:alice`.
    pub principal: String,
    /// From where; `*` is anywhere.
    pub host: String,
    /// What.
    pub operation: AclOperation,
    /// Whether it is permitted.
    pub permission: AclPermission,
}

impl RawClient {
    /// All rules about topics. [`Unsupported`](crate::ErrorKind::Unsupported) when the cluster has no authorizer.
    pub async fn describe_topic_acls(&self) -> Result<Vec<AclBinding>, KafkaError> {
        let request = DescribeAclsRequest::default()
            .with_resource_type_filter(TOPIC)
            .with_resource_name_filter(None)
            .with_pattern_type_filter(ANY)
            .with_principal_filter(None)
            .with_host_filter(None)
            .with_operation(ANY)
            .with_permission_type(ANY);
        self.persist("describing ACLs", || async {
            let answer = self.ask_any(|_| Ok(request.clone())).await?;
            let message = answer.error_message.as_deref();
            refused(answer.error_code, message, || "describing ACLs failed".to_owned())?;
            let mut bindings = Vec::new();
            for resource in answer.resources.into_iter().filter(|resource| resource.resource_type == TOPIC) {
                bindings.extend(resource.acls.into_iter().map(|acl| AclBinding {
                    topic: resource.resource_name.as_str().to_owned(),
                    pattern: PatternType(resource.pattern_type),
                    principal: acl.principal.as_str().to_owned(),
                    host: acl.host.as_str().to_owned(),
                    operation: AclOperation(acl.operation),
                    permission: AclPermission(acl.permission_type),
                }));
            }
            Ok(bindings)
        })
        .await
    }

    /// Adds rules about topics, each with its own result, in the order of the rules. One that is there already is fine.
    pub async fn create_topic_acls(&self, bindings: &[AclBinding]) -> Result<Vec<Result<(), KafkaError>>, KafkaError> {
        if bindings.is_empty() {
            return Ok(Vec::new());
        }
        let creation = |binding: &AclBinding| {
            AclCreation::default()
                .with_resource_type(TOPIC)
                .with_resource_name(text(&binding.topic))
                .with_resource_pattern_type(binding.pattern.0)
                .with_principal(text(&binding.principal))
                .with_host(text(&binding.host))
                .with_operation(binding.operation.0)
                .with_permission_type(binding.permission.0)
        };
        let request = CreateAclsRequest::default().with_creations(bindings.iter().map(creation).collect());
        self.persist("creating ACLs", || async {
            let answer = self.ask_controller(|_| Ok(request.clone())).await?;
            let result = |(result, binding): (
                kafka_protocol::messages::create_acls_response::AclCreationResult,
                &AclBinding,
            )| {
                refused(result.error_code, result.error_message.as_deref(), || binding.topic.clone())
            };
            Ok(answer.results.into_iter().zip(bindings).map(result).collect())
        })
        .await
    }
}
