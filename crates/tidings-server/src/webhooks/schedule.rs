//! When a message is tried again: the schedule that Standard Webhooks proposes, with jitter, so that what failed together
//! does not come back together.

use std::time::{Duration, SystemTime};

use tidings_apns::Timestamp;

/// The pauses after the first attempt, the second, and so on. After the last there is none.
pub(crate) const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// How much of a pause comes on top of it at most.
const JITTER: f64 = 0.1;

/// The longest that a receiver can ask to be left alone.
const LONGEST: Duration = Duration::from_hours(24);

/// The pause after so many attempts; none when it was the last. `jitter` is a random number from 0 to 1, and `asked` what
/// the receiver asked for.
pub(crate) fn pause(attempts: u32, jitter: f64, asked: Option<Duration>) -> Option<Duration> {
    let place = usize::try_from(attempts.saturating_sub(1)).ok()?;
    let pause = PAUSES.get(place)?;
    let jittered = pause.mul_f64(1.0 + JITTER * jitter.clamp(0.0, 1.0));
    Some(jittered.max(asked.unwrap_or_default().min(LONGEST)))
}

/// What a header `Retry-After` asks for: seconds, or a date.
pub(crate) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if header.bytes().all(|byte| byte.is_ascii_digit()) {
        return header.parse().ok().map(Duration::from_secs);
    }
    let date: SystemTime = httpdate::parse_http_date(header).ok()?;
    Some(Timestamp::from(date).saturating_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_ten_times_in_three_days() {
        let pauses: Vec<u64> = (1..12)
            .map_while(|attempt| pause(attempt, 0.0, None))
            .map(|pause| pause.as_secs())
            .collect();
        assert_eq!(
            pauses,
            [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
        );
        // 75 hours, 35 minutes, 5 seconds.
        assert_eq!(pauses.iter().sum::<u64>(), 272_105);
        assert_eq!(pause(10, 0.0, None), None);
        assert_eq!(pause(u32::MAX, 0.0, None), None);
    }

    #[test]
    fn jitter_only_lengthens_and_by_a_tenth_at_most() {
        for attempt in 1..10 {
            let (least, most) = (pause(attempt, 0.0, None), pause(attempt, 1.0, None));
            assert_eq!(most, least.map(|pause| pause.mul_f64(1.1)));
            assert_eq!(pause(attempt, 7.0, None), most);
        }
    }

    #[test]
    fn what_the_receiver_asks_for_is_honoured_up_to_a_day() {
        let asked = |seconds| pause(1, 0.0, Some(Duration::from_secs(seconds)));
        assert_eq!(asked(60), Some(Duration::from_mins(1)));
        assert_eq!(asked(1), Some(Duration::from_secs(5)), "it is no reason to hurry");
        assert_eq!(asked(u64::MAX), Some(LONGEST));
        assert_eq!(pause(10, 0.0, Some(Duration::from_mins(1))), None);
    }

    #[test]
    fn a_retry_after_is_seconds_or_a_date() {
        let now = Timestamp::from_unix_millis(784_111_777_000);
        assert_eq!(retry_after("120", now), Some(Duration::from_mins(2)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:07 GMT", now),
            Some(Duration::ZERO)
        );
        for odd in ["", "-1", "1.5", "soon", "99999999999999999999999"] {
            assert_eq!(retry_after(odd, now), None, "{odd}");
        }
    }
}
