/** Who an agent is: invites, credentials, and the table of nodes that decides which credentials still count. */
@NullMarked
package dev.muster.ingress.auth;

import org.jspecify.annotations.NullMarked;
