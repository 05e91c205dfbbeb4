//! The order in which a `java.util.HashMap` with string keys lists its entries.
//!
//! Where Java walks over such a map, its order decides bytes that others see. Keys go in as they were put, and their order
//! in the map comes out: by bucket, and within a bucket as they were put. Buckets that Java turns into trees (nine keys and
//! more in one of at least 64) have another order, which is not followed here; texts of ordinary length never make one by
//! accident.

/// When a bucket would hold more keys than this, a small table grows, whatever its load.
const LONGEST_LIST: usize = 8;
/// From this size on a table no longer grows for the sake of a long bucket.
const LARGE_TABLE: usize = 64;
/// The largest table.
const LARGEST_TABLE: usize = 1 << 30;

/// `String.hashCode`: over UTF-16 units.
///
/// ```
/// assert_eq!(aqueduct_jvm::hash_order::string_hash("hello"), 99_162_322);
/// ```
pub fn string_hash(text: &str) -> i32 {
    let step = |hash: i32, unit: u16| hash.wrapping_mul(31).wrapping_add(i32::from(unit));
    if text.is_ascii() { text.bytes().map(u16::from).fold(0, step) } else { text.encode_utf16().fold(0, step) }
}

/// The bucket of a hash in a table of a size, which is a power of two.
pub fn bucket(hash: i32, buckets: usize) -> usize {
    let hash = hash.cast_unsigned();
    (hash ^ (hash >> 16)) as usize & (buckets - 1)
}

/// The order in which a `new HashMap<>()` lists keys that were put in this order: their indices, without those of keys
/// that were there already.
///
/// ```
/// use aqueduct_jvm::hash_order::iteration_order;
///
/// let keys = ["table", "db", "schema", "db"];
/// let order: Vec<&str> = iteration_order(&keys).into_iter().map(|index| keys[index]).collect();
/// assert_eq!(order, ["schema", "table", "db"]);
/// ```
pub fn iteration_order<K: AsRef<str>>(keys: &[K]) -> Vec<usize> {
    Table::new(16).filled(keys)
}

/// The order of a `new HashMap<>(capacity)`.
pub fn iteration_order_with_capacity<K: AsRef<str>>(capacity: usize, keys: &[K]) -> Vec<usize> {
    Table::new(table_size(capacity)).filled(keys)
}

/// The order of a `new HashMap<>(map)`, where the map lists these keys, all of them different.
pub fn iteration_order_of_copy<K: AsRef<str>>(keys: &[K]) -> Vec<usize> {
    // Java divides in single precision and adds one.
    let room = keys.len() as f32 / 0.75 + 1.0;
    Table::new(if keys.is_empty() { 16 } else { table_size(room as usize) }).filled(keys)
}

/// The least power of two that is not below.
fn table_size(capacity: usize) -> usize {
    capacity.min(LARGEST_TABLE).next_power_of_two()
}

/// A table under construction.
struct Table {
    /// Each with hashes and indices of its keys.
    buckets: Vec<Vec<(i32, usize)>>,
    count: usize,
}

impl Table {
    fn new(size: usize) -> Self {
        Self { buckets: vec![Vec::new(); size], count: 0 }
    }

    fn filled<K: AsRef<str>>(mut self, keys: &[K]) -> Vec<usize> {
        for (index, key) in keys.iter().enumerate() {
            let key = key.as_ref();
            let hash = string_hash(key);
            let size = self.buckets.len();
            let list = &mut self.buckets[bucket(hash, size)];
            if list.iter().any(|&(other, at)| other == hash && keys[at].as_ref() == key) {
                continue;
            }
            list.push((hash, index));
            if list.len() > LONGEST_LIST && size < LARGE_TABLE {
                self.grow();
            }
            self.count += 1;
            // At most three quarters full.
            if self.count > self.buckets.len() / 4 * 3 + self.buckets.len() % 4 * 3 / 4 {
                self.grow();
            }
        }
        self.buckets.into_iter().flatten().map(|(_, index)| index).collect()
    }

    fn grow(&mut self) {
        let size = self.buckets.len() * 2;
        if size > LARGEST_TABLE {
            return;
        }
        let old = std::mem::replace(&mut self.buckets, vec![Vec::new(); size]);
        for (hash, index) in old.into_iter().flatten() {
            self.buckets[bucket(hash, size)].push((hash, index));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(keys: &str, expect: &str) {
        let keys: Vec<&str> = keys.split_whitespace().collect();
        let order: Vec<&str> = iteration_order(&keys).into_iter().map(|index| keys[index]).collect();
        assert_eq!(order.join(" "), expect);
    }

    #[test]
    fn hashes_are_those_of_javas_strings() {
        for (text, expect) in [
            ("", 0),
            ("Aa", 2112),
            ("BB", 2112),
            ("polygenelubricants", i32::MIN),
            ("é", 233),
            ("😀", 1_772_899),
            ("the quick brown fox jumps over the lazy dog", -2_082_818_701),
        ] {
            assert_eq!(string_hash(text), expect, "{text}");
        }
    }

    #[test]
    fn maps_list_keys_as_java_lists_them() {
        check("a b c", "a b c");
        check("table db schema ts_ms db", "schema table db ts_ms");
        check("AaAa BBBB AaBB BBAa x", "x AaAa BBBB AaBB BBAa");
        check("é 日本 😀 z", "😀 é z 日本");
        check(
            "one two three four five six seven eight nine ten eleven twelve thirteen",
            "nine six one seven two three thirteen eight four twelve eleven ten five",
        );
    }

    #[test]
    fn tables_grow_when_they_are_three_quarters_full_or_a_bucket_is_long() {
        let many: Vec<String> = (0..30).map(|n| format!("key{n}")).collect();
        check(
            &many.join(" "),
            "key1 key2 key0 key5 key6 key3 key4 key9 key7 key8 key22 key21 key20 key15 key14 key13 key12 key19 key18 key17 \
             key16 key11 key10 key26 key25 key24 key23 key29 key28 key27",
        );
        // Nine keys of one hash; what comes after them tells the size of the table.
        check(
            "AaAaAaAa AaAaAaBB AaAaBBAa AaAaBBBB AaBBAaAa AaBBAaBB AaBBBBAa AaBBBBBB BBAaAaAa z y",
            "AaAaAaAa AaAaAaBB AaAaBBAa AaAaBBBB AaBBAaAa AaBBAaBB AaBBBBAa AaBBBBBB BBAaAaAa y z",
        );
    }
}
