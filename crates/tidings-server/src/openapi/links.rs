//! Links of the document: with what an answer names, which operations can be asked next. Programs that read the document
//! (generators of clients, testers) follow them.

use utoipa::openapi::RefOr;
use utoipa::openapi::link::Link;
use utoipa::openapi::path::Operation;

/// What leads somewhere: an operation and the status of its answer, what its answer names, and where that leads.
struct Origin {
    operation: &'static str,
    status: &'static str,
    /// Parameters of the operations that follow, and where they stand.
    parameters: &'static [(&'static str, &'static str)],
    followed_by: &'static [&'static str],
}

const APP: (&str, &str) = ("bundle_id", "$request.path.bundle_id");
const ID: (&str, &str) = ("id", "$response.body#/id");

const ORIGINS: [Origin; 7] = [
    Origin {
        operation: "register_device",
        status: "200",
        parameters: &[APP, ("token", "$response.body#/token")],
        followed_by: &["describe_device", "forget_device", "restore_device"],
    },
    Origin {
        operation: "send_notification",
        status: "202",
        parameters: &[APP, ID],
        followed_by: &["describe_notification", "cancel_notification", "list_recipients"],
    },
    Origin {
        operation: "upload_credential",
        status: "201",
        parameters: &[APP, ID],
        followed_by: &["remove_credential"],
    },
    Origin {
        operation: "create_channel",
        status: "201",
        parameters: &[
            APP,
            ("channel_id", "$response.body#/channel_id"),
            ("environment", "$response.body#/environment"),
        ],
        followed_by: &["describe_channel", "delete_channel"],
    },
    Origin {
        operation: "create_api_key",
        status: "201",
        parameters: &[ID],
        followed_by: &["revoke_api_key"],
    },
    Origin {
        operation: "create_webhook",
        status: "201",
        parameters: &[ID],
        followed_by: &[
            "describe_webhook",
            "change_webhook",
            "remove_webhook",
            "test_webhook",
            "rotate_webhook_secret",
            "replay_webhook",
            "list_webhook_deliveries",
        ],
    },
    Origin {
        operation: "list_recipients",
        status: "200",
        parameters: &[APP, ("id", "$request.path.id")],
        followed_by: &["describe_notification"],
    },
];

/// Adds the links of an operation.
pub(super) fn add(operation: &mut Operation) {
    let Some(name) = operation.operation_id.as_deref() else {
        return;
    };
    for origin in ORIGINS.iter().filter(|origin| origin.operation == name) {
        let answer = operation.responses.responses.get_mut(origin.status);
        if let Some(RefOr::T(response)) = answer {
            let links = origin.followed_by.iter();
            response
                .links
                .extend(links.map(|next| ((*next).to_owned(), RefOr::T(origin.link(next)))));
        }
    }
}

impl Origin {
    fn link(&self, next: &str) -> Link {
        let link = Link::builder().operation_id(next);
        let parameters = self.parameters.iter();
        parameters
            .fold(link, |link, (name, place)| link.parameter(*name, *place))
            .build()
    }
}
