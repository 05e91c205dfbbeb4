//! Temporary.

fn layout(negative: bool, digits: &str, exp: i32) -> String {
    let sign = if negative { "-" } else { "" };
    let n = digits.len() as i32;
    if (-3..7).contains(&exp) {
        if exp < 0 {
            return format!("{sign}0.{}{digits}", "0".repeat((-exp - 1) as usize));
        }
        let point = exp + 1;
        if n <= point {
            return format!("{sign}{digits}{}.0", "0".repeat((point - n) as usize));
        }
        return format!("{sign}{}.{}", &digits[..point as usize], &digits[point as usize..]);
    }
    let rest = if n > 1 { &digits[1..] } else { "0" };
    format!("{sign}{}.{rest}E{exp}", &digits[..1])
}

fn of(e: String, negative: bool) -> String {
    let e = e.trim_start_matches('-');
    let (m, x) = e.split_once('e').unwrap();
    layout(negative, &m.replace('.', ""), x.parse().unwrap())
}

pub(crate) fn java_f64(n: f64) -> String {
    if n.is_nan() {
        return "NaN".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    if n == 0.0 {
        return if n.is_sign_negative() { "-0.0".into() } else { "0.0".into() };
    }
    of(format!("{n:e}"), n < 0.0)
}

pub(crate) fn java_f32(n: f32) -> String {
    if n.is_nan() {
        return "NaN".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    if n == 0.0 {
        return if n.is_sign_negative() { "-0.0".into() } else { "0.0".into() };
    }
    of(format!("{n:e}"), n < 0.0)
}

pub(crate) fn civil(ms: i64) -> (i64, i64, i64, i64, i64, i64, i64, i64) {
    let days = ms.div_euclid(86_400_000);
    let t = ms.rem_euclid(86_400_000);
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = doy - (153 * mp + 2) / 5 + 1;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    let y = yoe + era * 400 + i64::from(m <= 2);
    (y, m, d, t / 3_600_000, t / 60_000 % 60, t / 1000 % 60, t % 1000, (days + 4).rem_euclid(7))
}

pub(crate) fn java_date(ms: i64) -> String {
    let (y, m, d, h, mi, s, _, w) = civil(ms);
    let wd = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][w as usize];
    let mo = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][m as usize - 1];
    format!("{wd} {mo} {d:02} {h:02}:{mi:02}:{s:02} UTC {y}")
}
