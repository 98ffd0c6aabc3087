import LiveKitToken
import RoomAccess
import StrictJSON

extension Gate {
    /// Judges the memberships of a token's holder in a room, or where they are not seen its airtime.
    ///
    /// - Throws: `.denied`.
    /// - Returns: the names of the grants that the token has beyond what its holder's roles give now, as far as the
    ///   deployment asks.
    func excess(
        of token: VerifiedAccessToken,
        in room: RoomEntry?,
        _ now: NumericDate
    ) throws(JoinRefusal) -> [UTF8String] {
        guard policy.judgesMemberships else {
            try judgeAirtime(of: token, in: room, now)
            return []
        }
        let wanted = policy.grants == .strict ? token.permissions : token.permissions.dangerous
        do throws(Denial) {
            guard token.isAsIssued else { return try excess(unnamed: wanted, in: room, now) }
            let naming = try Naming(token.metadata)
            let admission = try join.admit(to: room, scene: naming.scene, event: naming.event, at: now)
            return wanted.grants.filter { !admission.permissions.cover($0.permissions) }.map(\.name)
        } catch {
            throw .denied(error)
        }
    }

    /// For a token that LiveKit renewed, which has lost its scene and event: some naming must give all of it.
    private func excess(
        unnamed wanted: Permissions,
        in room: RoomEntry?,
        _ now: NumericDate
    ) throws(Denial) -> [UTF8String] {
        if try join.admitsUnnamed(to: room, with: wanted, at: now) { return [] }
        let grants = wanted.grants
        var missing: [Permissions.Grant] = []
        for grant in grants where try !join.admitsUnnamed(to: room, with: grant.permissions, at: now) {
            missing.append(grant)
        }
        // Each of them is to be had, and not under one naming.
        return (missing.isEmpty ? grants : missing).map(\.name)
    }

    /// Whether the room is on air for the token, or the token of a role that enters at any time
    /// (`Policy.judgesMemberships`).
    private func judgeAirtime(
        of token: VerifiedAccessToken,
        in room: RoomEntry?,
        _ now: NumericDate
    ) throws(JoinRefusal) {
        do throws(Denial) {
            let naming = token.isAsIssued ? try Naming(token.metadata) : Naming()
            if join.isOnAir(room, scene: naming.scene, event: naming.event, at: now) { return }
            // LiveKit keeps what a participant wrote when a moderator takes the permission away.
            let isOwnWriting = join.roles.values.contains { $0.permissions.updateOwnMetadata }
            let isTrusted = token.isAsIssued || !isOwnWriting && !token.permissions.updateOwnMetadata
            let roles = isTrusted ? token.metadata.roles.compactMap { Identifier($0) } : []
            guard roles.contains(where: { join.roles[$0]?.anytime ?? false }) else { throw .streamNotOpen }
        } catch {
            throw .denied(error)
        }
    }

    /// The scene and the event that a token was issued for.
    private struct Naming {
        var scene: Identifier?
        var event: Identifier?

        init() {}

        /// - Throws: for text that no request could have named.
        init(_ metadata: TokenMetadata) throws(Denial) {
            scene = try metadata.sceneID.map(Self.identifier)
            event = try metadata.eventID.map(Self.identifier)
        }

        private static func identifier(_ text: UTF8String) throws(Denial) -> Identifier {
            guard let id = Identifier(text) else { throw .notAMemberHere }
            return id
        }
    }
}

extension VerifiedAccessToken {
    /// Whether the token is as it was issued: LiveKit's renewed ones have no `jti`, and may have metadata that a
    /// participant wrote.
    fileprivate var isAsIssued: Bool { tokenID != nil }
}

extension Permissions {
    /// Those by which a participant gets at others, or at what the application believes of itself.
    fileprivate var dangerous: Permissions {
        Permissions(updateOwnMetadata: updateOwnMetadata, roomAdmin: roomAdmin)
    }

    /// Whether these give all that others do.
    fileprivate func cover(_ others: Permissions) -> Bool { union(others) == self }

    /// A grant of a token, by LiveKit's name, with what it gives.
    fileprivate struct Grant {
        let name: UTF8String
        let permissions: Permissions
    }

    /// Each grant that gives some of these.
    fileprivate var grants: [Grant] {
        let all = [
            Grant(name: "canPublish", permissions: Permissions(publishing: publishing)),
            Grant(name: "canPublishData", permissions: Permissions(publishData: publishData)),
            Grant(name: "canSubscribe", permissions: Permissions(subscribe: subscribe)),
            Grant(name: "canUpdateOwnMetadata", permissions: Permissions(updateOwnMetadata: updateOwnMetadata)),
            Grant(name: "roomAdmin", permissions: Permissions(roomAdmin: roomAdmin)),
        ]
        return all.filter { $0.permissions != Permissions() }
    }
}
