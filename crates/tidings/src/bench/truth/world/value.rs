//! Values of a world file that cannot be out of their range: a wrong one is an error with its place in the file.

use serde::Deserialize;

/// A part of something: from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub(in crate::bench::truth) struct Share(pub(in crate::bench::truth) f64);

/// How often, or how much: from 0 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub(in crate::bench::truth) struct Amount(pub(in crate::bench::truth) f64);

/// The lower and the upper end of what chance may choose: above 0, up to 100,000.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "[f64; 2]")]
pub(in crate::bench::truth) struct Range(pub(in crate::bench::truth) f64, pub(in crate::bench::truth) f64);

/// How many, of what is made one by one: up to 60.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(in crate::bench::truth) struct Count(pub(in crate::bench::truth) u32);

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("{value} is no share: it must be from 0 to 1"))
        }
    }
}

impl TryFrom<f64> for Amount {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=10_000.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("{value} is out of range: it must be from 0 to 10000"))
        }
    }
}

impl TryFrom<[f64; 2]> for Range {
    type Error = String;

    fn try_from([low, high]: [f64; 2]) -> Result<Self, String> {
        if low > 0.0 && low <= high && high <= 100_000.0 {
            Ok(Self(low, high))
        } else {
            Err(format!(
                "[{low}, {high}] is no range: it must be two numbers above 0 and up to 100000, the smaller first"
            ))
        }
    }
}

impl TryFrom<u32> for Count {
    type Error = String;

    fn try_from(value: u32) -> Result<Self, String> {
        if value <= 60 {
            Ok(Self(value))
        } else {
            Err(format!("{value} is out of range: it must be from 0 to 60"))
        }
    }
}
