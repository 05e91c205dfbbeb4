//! librdkafka's own mock cluster, for tests without a broker: it takes and answers records and serves groups, in a
//! thread of this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ffi::*;
use super::text::{self, c_text};
use super::{Client, ClientType, GroupChange, Observer, SaslToken};
use crate::brokers::BrokerState;

/// Kafka's numbers for requests, for [`MockCluster::fail_next`].
pub(crate) mod api {
    pub(crate) const PRODUCE: i16 = 0;
    pub(crate) const OFFSET_COMMIT: i16 = 8;
    pub(crate) const JOIN_GROUP: i16 = 11;
    pub(crate) const INIT_PRODUCER_ID: i16 = 22;
    pub(crate) const END_TXN: i16 = 26;
}

/// A cluster that goes with this value.
pub(crate) struct MockCluster {
    cluster: *mut rd_kafka_mock_cluster_t,
    /// The instance that the cluster lives in.
    _client: Arc<Client>,
}

// SAFETY: rule 2: the cluster has a lock inside.
unsafe impl Send for MockCluster {}
// SAFETY: as above.
unsafe impl Sync for MockCluster {}

struct Nobody;

impl Observer for Nobody {
    fn log(&self, _: i32, _: &str, _: &str) {}
    fn error(&self, _: i32, _: bool, _: &str) {}
    fn broker_changed(&self, _broker: Option<i32>, _address: &str, _state: BrokerState) {}
    fn group_changed(&self, _: GroupChange) -> bool {
        false
    }
    fn token(&self) -> Result<SaslToken, String> {
        Err("none".into())
    }
}

impl MockCluster {
    pub(crate) fn start(brokers: i32) -> MockCluster {
        let client = Client::start(ClientType::Admin, &BTreeMap::new(), false, Arc::new(Nobody)).unwrap();
        // SAFETY: the instance is valid and outlives the cluster.
        let cluster = unsafe { rd_kafka_mock_cluster_new(client.raw(), brokers) };
        assert!(!cluster.is_null());
        // SAFETY: the cluster is valid.
        unsafe { rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0) };
        MockCluster { cluster, _client: client }
    }

    pub(crate) fn bootstrap(&self) -> String {
        // SAFETY: the cluster is valid; the text lives as long as it.
        unsafe { text::owned(rd_kafka_mock_cluster_bootstraps(self.cluster)) }
    }

    pub(crate) fn create_topic(&self, name: &str, partitions: i32) {
        let name = c_text(name).unwrap();
        // SAFETY: the cluster is valid, the name is copied.
        unsafe { rd_kafka_mock_topic_create(self.cluster, name.as_ptr(), partitions, 1) };
    }

    /// The next requests of this kind fail with these codes, one after the other.
    pub(crate) fn fail_next(&self, api: i16, codes: &[i32]) {
        for code in codes {
            let code = rd_kafka_resp_err_t::try_from(*code).unwrap();
            // SAFETY: the cluster is valid; one code is announced and given.
            unsafe { rd_kafka_mock_push_request_errors(self.cluster, api, 1, code) };
        }
    }

    /// Makes a broker unreachable, or reachable again.
    pub(crate) fn set_up(&self, broker: i32, up: bool) {
        // SAFETY: the cluster is valid.
        unsafe {
            if up {
                rd_kafka_mock_broker_set_up(self.cluster, broker);
            } else {
                rd_kafka_mock_broker_set_down(self.cluster, broker);
            }
        }
    }
}

impl Drop for MockCluster {
    fn drop(&mut self) {
        // SAFETY: the cluster is ours and not used any more; its instance is still there.
        unsafe { rd_kafka_mock_cluster_destroy(self.cluster) };
    }
}
