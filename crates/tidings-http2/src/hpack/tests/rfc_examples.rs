//! The examples of RFC 7541, appendix C.

use super::*;
use crate::hpack::{Encoder, Indexing};

struct Step {
    block: &'static str,
    fields: &'static [(&'static str, &'static str)],
    table: &'static [(&'static str, &'static str)],
    table_size: usize,
}

fn decoding_gives_the_fields_and_the_table(table_size: usize, steps: &[Step]) {
    let mut decoder = Decoder::new(table_size, 4096);
    for step in steps {
        assert_eq!(
            decode(&mut decoder, &from_hex(step.block)).unwrap(),
            text_pairs(step.fields)
        );
        assert_eq!(table_pairs(decoder.table()), text_pairs(step.table));
        assert_eq!(decoder.table().size(), step.table_size);
    }
}

/// The blocks whose bytes are a matter of taste are compared by what they say.
fn encoding_gives_the_blocks_and_the_table(table_size: usize, steps: &[Step]) {
    let mut encoder = Encoder::new(table_size);
    let mut decoder = Decoder::new(4096, 4096);
    for (number, step) in steps.iter().enumerate() {
        let mut block = Vec::new();
        for (name, value) in step.fields {
            encoder.encode(
                name.as_bytes(),
                value.as_bytes(),
                Indexing::Incremental,
                &mut block,
            );
        }
        let update = if number == 0 && table_size == 256 {
            "3fe101"
        } else {
            ""
        };
        if step.block != RESPONSES_HUFFMAN[1].block {
            assert_eq!(block, from_hex(&format!("{update}{}", step.block)));
        }
        assert_eq!(decode(&mut decoder, &block).unwrap(), text_pairs(step.fields));
        assert_eq!(table_pairs(encoder.table()), text_pairs(step.table));
        assert_eq!(encoder.table().size(), step.table_size);
    }
}

#[test]
fn c_2_the_four_representations() {
    let steps = [
        Step {
            block: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
            fields: &[("custom-key", "custom-header")],
            table: &[("custom-key", "custom-header")],
            table_size: 55,
        },
        Step {
            block: "040c 2f73 616d 706c 652f 7061 7468",
            fields: &[(":path", "/sample/path")],
            table: &[],
            table_size: 0,
        },
        Step {
            block: "1008 7061 7373 776f 7264 0673 6563 7265 74",
            fields: &[("password", "secret")],
            table: &[],
            table_size: 0,
        },
        Step {
            block: "82",
            fields: &[(":method", "GET")],
            table: &[],
            table_size: 0,
        },
    ];
    for step in steps {
        decoding_gives_the_fields_and_the_table(4096, &[step]);
    }
}

#[test]
fn c_3_requests() {
    decoding_gives_the_fields_and_the_table(4096, &REQUESTS);
}

#[test]
fn c_4_requests_with_huffman_coding() {
    decoding_gives_the_fields_and_the_table(4096, &REQUESTS_HUFFMAN);
    encoding_gives_the_blocks_and_the_table(4096, &REQUESTS_HUFFMAN);
}

#[test]
fn c_5_responses_with_eviction() {
    decoding_gives_the_fields_and_the_table(256, &RESPONSES);
}

#[test]
fn c_6_responses_with_huffman_coding_and_eviction() {
    decoding_gives_the_fields_and_the_table(256, &RESPONSES_HUFFMAN);
    encoding_gives_the_blocks_and_the_table(256, &RESPONSES_HUFFMAN);
}

const REQUEST_FIELDS: [&[(&str, &str)]; 3] = [
    &[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "www.example.com"),
    ],
    &[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "www.example.com"),
        ("cache-control", "no-cache"),
    ],
    &[
        (":method", "GET"),
        (":scheme", "https"),
        (":path", "/index.html"),
        (":authority", "www.example.com"),
        ("custom-key", "custom-value"),
    ],
];

const REQUEST_TABLES: [&[(&str, &str)]; 3] = [
    &[(":authority", "www.example.com")],
    &[("cache-control", "no-cache"), (":authority", "www.example.com")],
    &[
        ("custom-key", "custom-value"),
        ("cache-control", "no-cache"),
        (":authority", "www.example.com"),
    ],
];

const fn request(number: usize, block: &'static str) -> Step {
    let table_size = [57, 110, 164][number];
    Step {
        block,
        fields: REQUEST_FIELDS[number],
        table: REQUEST_TABLES[number],
        table_size,
    }
}

const REQUESTS: [Step; 3] = [
    request(0, "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d"),
    request(1, "8286 84be 5808 6e6f 2d63 6163 6865"),
    request(
        2,
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ),
];

const REQUESTS_HUFFMAN: [Step; 3] = [
    request(0, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"),
    request(1, "8286 84be 5886 a8eb 1064 9cbf"),
    request(2, "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"),
];

const FIRST_DATE: (&str, &str) = ("date", "Mon, 21 Oct 2013 20:13:21 GMT");
const SECOND_DATE: (&str, &str) = ("date", "Mon, 21 Oct 2013 20:13:22 GMT");
const LOCATION: (&str, &str) = ("location", "https://www.example.com");
const COOKIE: (&str, &str) = (
    "set-cookie",
    "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
);

const RESPONSE_FIELDS: [&[(&str, &str)]; 3] = [
    &[
        (":status", "302"),
        ("cache-control", "private"),
        FIRST_DATE,
        LOCATION,
    ],
    &[
        (":status", "307"),
        ("cache-control", "private"),
        FIRST_DATE,
        LOCATION,
    ],
    &[
        (":status", "200"),
        ("cache-control", "private"),
        SECOND_DATE,
        LOCATION,
        ("content-encoding", "gzip"),
        COOKIE,
    ],
];

const RESPONSE_TABLES: [&[(&str, &str)]; 3] = [
    &[
        LOCATION,
        FIRST_DATE,
        ("cache-control", "private"),
        (":status", "302"),
    ],
    &[
        (":status", "307"),
        LOCATION,
        FIRST_DATE,
        ("cache-control", "private"),
    ],
    &[COOKIE, ("content-encoding", "gzip"), SECOND_DATE],
];

const fn response(number: usize, block: &'static str) -> Step {
    let table_size = [222, 222, 215][number];
    Step {
        block,
        fields: RESPONSE_FIELDS[number],
        table: RESPONSE_TABLES[number],
        table_size,
    }
}

const RESPONSES: [Step; 3] = [
    response(
        0,
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a \
         3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
    ),
    response(1, "4803 3330 37c1 c0bf"),
    response(
        2,
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 \
         677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 \
         553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
    ),
];

const RESPONSES_HUFFMAN: [Step; 3] = [
    response(
        0,
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e \
         919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
    ),
    response(1, "4883 640e ffc1 c0bf"),
    response(
        2,
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 \
         821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed \
         4ee5 b106 3d50 07",
    ),
];
