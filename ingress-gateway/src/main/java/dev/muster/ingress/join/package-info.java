/** Swapping an invite for a credential, with the registry as the judge. */
@NullMarked
package dev.muster.ingress.join;

import org.jspecify.annotations.NullMarked;
