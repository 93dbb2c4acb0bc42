//! What holds for all fields and all histories of a connection.

use proptest::prelude::*;

use super::*;
use crate::hpack::{CachedName, Encoder, Indexing, Template};

/// One thing that happens on a connection.
#[derive(Clone, Debug)]
enum Step {
    Fields(Vec<(Vec<u8>, Vec<u8>, Indexing)>),
    /// One of the two templates, then one of the two cached names with this value.
    Repeated(usize, usize, Vec<u8>),
    TableSize(usize),
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => prop::sample::select(vec!["a", ":path", "apns-id", "x-long-name", "/", "", "200"])
            .prop_map(|text| text.as_bytes().to_vec()),
        2 => "[0-9a-f-]{1,60}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

fn indexing() -> impl Strategy<Value = Indexing> {
    prop_oneof![
        Just(Indexing::Incremental),
        Just(Indexing::Without),
        Just(Indexing::Never)
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop::collection::vec((text(), text(), indexing()), 0..6).prop_map(Step::Fields),
        3 => (0..2_usize, 0..2_usize, text()).prop_map(|(template, name, value)| {
            Step::Repeated(template, name, value)
        }),
        1 => prop_oneof![Just(0), 0..300_usize, 0..10_000_usize].prop_map(Step::TableSize),
    ]
}

/// Both ends of a connection, and what the sender repeats.
struct Link {
    encoder: Encoder,
    decoder: Decoder,
}

impl Link {
    fn new() -> Self {
        Self {
            encoder: Encoder::new(4096),
            decoder: Decoder::new(4096, usize::MAX),
        }
    }

    fn deliver(&mut self, block: &[u8], sent: &Pairs) {
        assert_eq!(&decode(&mut self.decoder, block).unwrap(), sent);
        assert_eq!(
            table_pairs(self.decoder.table()),
            table_pairs(self.encoder.table())
        );
        assert!(self.encoder.table().size() <= self.encoder.table().capacity());
    }

    fn send_fields(&mut self, fields: &[(Vec<u8>, Vec<u8>, Indexing)]) {
        let mut block = Vec::new();
        for (name, value, indexing) in fields {
            self.encoder.encode(name, value, *indexing, &mut block);
        }
        self.deliver(
            &block,
            &fields
                .iter()
                .map(|(name, value, _)| (name.clone(), value.clone()))
                .collect(),
        );
    }

    fn send_repeated(&mut self, template: &mut Template, name: &mut CachedName, value: &[u8]) {
        let mut block = Vec::new();
        self.encoder.encode_template(template, &mut block);
        self.encoder.encode_literal(name, value, &mut block);
        let mut sent = pairs(template.fields().iter());
        sent.push((name.name().to_vec(), value.to_vec()));
        self.deliver(&block, &sent);
    }
}

proptest! {
    /// Two links share the templates and names, which nobody should do and which must be right all the same.
    #[test]
    fn what_is_encoded_is_decoded(steps in prop::collection::vec((0..2_usize, step()), 1..60)) {
        let mut links = [Link::new(), Link::new()];
        let mut templates = [
            Template::new([(":method", "POST"), ("apns-topic", "com.example.app"), ("apns-priority", "5")]),
            Template::new([(":method", "POST"), ("authorization", &"t".repeat(190))]),
        ];
        let mut names = [CachedName::new(":path"), CachedName::new("apns-id")];
        for (link, step) in steps {
            let link = &mut links[link];
            match step {
                Step::Fields(fields) => link.send_fields(&fields),
                Step::Repeated(template, name, value) => {
                    link.send_repeated(&mut templates[template], &mut names[name], &value);
                }
                Step::TableSize(size) => {
                    link.encoder.set_peer_table_size(size);
                    link.decoder.set_max_table_size(size);
                }
            }
        }
    }

    #[test]
    fn a_list_gives_back_what_was_pushed(fields in prop::collection::vec((text(), text()), 0..20)) {
        let mut list = FieldList::new();
        for (name, value) in &fields {
            list.push(name, value);
        }
        prop_assert_eq!(pairs(list.iter()), fields.clone());
        prop_assert_eq!(list.len(), fields.len());
        for (name, _) in &fields {
            let first = fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_slice());
            prop_assert_eq!(list.first(name), first);
        }
        list.clear();
        prop_assert!(list.is_empty());
    }
}
