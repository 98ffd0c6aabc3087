import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

extension Account {
    /// Writes the members of the account; what is not known is left out.
    func write(to json: inout JSONWriter) {
        switch decision {
        case .success: json.member("admitted", true)
        case .failure(let refusal):
            json.member("admitted", false)
            refusal.write(advice: cure, to: &json)
        }
        json.member("at", now.words)
        if let user = session?.user {
            json.member(
                "user",
                object: { json in
                    json.member("id", user.id.text)
                    json.member(ifPresent: "name", user.name)
                    json.member(ifPresent: "did", user.did)
                    json.member("inDirectory", known != nil)
                    json.member("disabled", user.isDisabled)
                }
            )
        }
        json.member(ifPresent: "sessionEndsAt", session?.endsAt.map { UTF8String($0.words) })
        json.member("roomId", request.room.text)
        json.member(ifPresent: "sceneId", request.scene?.text)
        json.member(ifPresent: "eventId", request.event?.text)
        if let explanation { write(explanation, to: &json) }
        if case .success(let decision) = decision {
            json.member("roles", decision.admission.roles.map(\.text))
            json.member(
                "permissions",
                object: { json in
                    VideoGrant(room: request.room.text, permissions: decision.admission.permissions).write(to: &json)
                }
            )
            json.member("agents", decision.admission.agents)
            json.member("expiresAt", decision.end.date.words)
            json.member("endsWith", decision.end.bound.rawValue)
            json.member(ifPresent: "identity", explanation?.identity?.text)
        }
    }

    private func write(_ explanation: Explanation, to json: inout JSONWriter) {
        if let block = explanation.block {
            json.member(
                "block",
                object: { json in
                    json.member(ifPresent: "roomId", block.room?.text)
                    json.member(ifPresent: "until", block.until.map { UTF8String($0.words) })
                    json.member(ifPresent: "why", block.why)
                }
            )
        }
        guard let room = explanation.room else { return }
        json.member(
            "room",
            object: { json in
                json.member("by", origin.keyword)
                json.member(ifPresent: "template", room.template?.match.text)
                json.member("access", room.access.rawValue)
                json.member("scheduled", room.isScheduled)
            }
        )
        json.member(
            "memberships",
            array: { json in
                let source = settings.memberships.source.rawValue
                let counted = zip(room.memberships, explanation.memberships).map { ($0, source, $1.keyword) }
                let idle = idleMemberships.map { ($0, "directory", "not_the_source") }
                for (membership, source, state) in counted + idle {
                    json.object { json in
                        json.member("role", membership.role.text)
                        json.member(ifPresent: "sceneId", membership.scene?.text)
                        json.member(ifPresent: "eventId", membership.event?.text)
                        json.member(ifPresent: "until", membership.expiresAt.map { UTF8String($0.words) })
                        json.member("source", source)
                        json.member("state", state)
                    }
                }
            }
        )
        json.member(
            "streamSessions",
            array: { json in
                for (session, standing) in zip(room.streamSessions, explanation.streamSessions) {
                    json.object { json in
                        json.member(ifPresent: "sceneId", session.scene?.text)
                        json.member(ifPresent: "eventId", session.event?.text)
                        json.member(ifPresent: "opensAt", session.opensAt.map { UTF8String($0.words) })
                        json.member(ifPresent: "closesAt", session.closesAt.map { UTF8String($0.words) })
                        json.member("state", standing.keyword)
                    }
                }
            }
        )
    }
}

extension Account.Origin {
    fileprivate var keyword: String {
        switch self {
        case .directory: "directory"
        case .template: "template"
        case .login: "login"
        }
    }
}
