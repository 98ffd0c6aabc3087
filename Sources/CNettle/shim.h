// What Swift cannot call of nettle: functions whose signature depends on the version, and a wiped stack.
#ifndef CNETTLE_SHIM_H
#define CNETTLE_SHIM_H

#include <string.h>

#include <gmp.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecdsa.h>
#include <nettle/eddsa.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/rsa.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <nettle/version.h>

// Since nettle 4 a digest has no length argument: this line is all that changes.
#if NETTLE_VERSION_MAJOR >= 4
#define CNETTLE_DIGEST(function, context, length, digest) function(context, digest)
#else
#define CNETTLE_DIGEST(function, context, length, digest) function(context, length, digest)
#endif

static inline void cnettle_sha1_digest(struct sha1_ctx *context, uint8_t *digest) {
    CNETTLE_DIGEST(sha1_digest, context, SHA1_DIGEST_SIZE, digest);
}

static inline void cnettle_sha256_digest(struct sha256_ctx *context, uint8_t *digest) {
    CNETTLE_DIGEST(sha256_digest, context, SHA256_DIGEST_SIZE, digest);
}

// Of SHA-384 nettle has no context: it is SHA-512's.
static inline void cnettle_sha384_digest(struct sha512_ctx *context, uint8_t *digest) {
    CNETTLE_DIGEST(sha384_digest, context, SHA384_DIGEST_SIZE, digest);
}

static inline void cnettle_hmac_sha256_digest(struct hmac_sha256_ctx *context, uint8_t *digest) {
    CNETTLE_DIGEST(hmac_sha256_digest, context, SHA256_DIGEST_SIZE, digest);
}

/// Overwrites 16 KiB of the stack below the caller.
static __attribute__((noinline)) void cnettle_overwrite_stack(void) {
    unsigned char below[16384];
    explicit_bzero(below, sizeof below);
}

/// Wipes what nettle leaves of a key on the stack below the caller: it wipes nothing itself. The pads are within 1 KiB;
/// the registers that hold parts of them may be saved further down, by the loader, when a function is first called.
static inline void cnettle_wipe_stack(void) {
    cnettle_overwrite_stack();  // may be that first call
    cnettle_overwrite_stack();
}

#endif
