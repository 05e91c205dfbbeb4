pub(crate) fn double_to_string(v: f64) -> String {
    fmt(format!("{v:e}"), v.is_nan(), v.is_infinite(), v < 0.0)
}
pub(crate) fn float_to_string(v: f32) -> String {
    fmt(format!("{v:e}"), v.is_nan(), v.is_infinite(), v < 0.0)
}
fn fmt(s: String, nan: bool, inf: bool, neg: bool) -> String {
    if nan {
        return "NaN".into();
    }
    if inf {
        return if neg { "-Infinity".into() } else { "Infinity".into() };
    }
    let (m, e) = s.split_once('e').unwrap();
    let e: i32 = e.parse().unwrap();
    let (sign, m) = m.strip_prefix('-').map_or(("", m), |m| ("-", m));
    let digits: String = m.replace('.', "");
    if digits == "0" {
        return format!("{sign}0.0");
    }
    if (-3..7).contains(&e) {
        if e < 0 {
            return format!("{sign}0.{}{digits}", "0".repeat((-e - 1) as usize));
        }
        let p = e as usize + 1;
        let mut d = digits.clone();
        while d.len() < p + 1 {
            d.push('0')
        }
        return format!("{sign}{}.{}", &d[..p], &d[p..]);
    }
    let (a, b) = digits.split_at(1);
    format!("{sign}{a}.{}E{e}", if b.is_empty() { "0" } else { b })
}
